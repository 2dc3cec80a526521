"""Revocations in signed batches, for a store that others may write to: what a batch says, and what many prove.

A batch is a JWT of the type `revocations+jwt`, signed by the key that signs the access tokens. So nobody else can add
one. That none was taken away shows by the numbers: each writer gives its own, one after the other, and says with each
batch up to which time its batches have everything that was revoked.

    {"iss": "https://…", "writer": "<id>", "number": 7, "written_at": <ms>, "complete_at": <ms> or null, "life": <ms>,
     "revocations": ["session,<sid>,<until>", "user,<id>,<epoch>,<until>"]}
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jwt

from cierre.errors import TokenInvalid
from cierre.revocation.denylist import Revocation
from cierre.tokens.jws import VerificationKey, verified_claims
from cierre.tokens.key_files import KeyRing

_TYPE = "revocations+jwt"
# Characters. A thousand revocations are a tenth of it.
_LONGEST = 1_000_000


class Batch(NamedTuple):
    """What one writer wrote at once. Times are in milliseconds.

    Attributes:
        writer: who wrote it: another one with each start, and with each key.
        number: of the batch among those of its writer: 0, 1, 2 …
        written_at: when it was written.
        complete_at: with this batch the writer's batches have everything that was revoked before this time; None: they
            do not have everything yet.
        life: so long after a batch was written no token lives that it revokes.
        revocations: may be none: then it only says how complete the writer's batches are.
    """

    writer: str
    number: int
    written_at: int
    complete_at: int | None
    life: int
    revocations: Sequence[Revocation]


class BatchSigner:
    """Writes the batches of one writer after another.

    Args:
        keys: the signing keys.
        issuer: `iss` of the batches.
        life: milliseconds after which a revocation concerns no token any more.
    """

    def __init__(self, keys: KeyRing, *, issuer: str, life: int) -> None:
        self._keys = keys
        self._issuer = issuer
        self.life = life
        self.begin()

    def begin(self) -> None:
        """Be another writer: what follows stands for itself, without what was written before."""
        self._writer = uuid.uuid4().hex
        self._number = 0
        self._key = self._keys.signing()

    @property
    def key_is_old(self) -> bool:
        """Whether another key signs now: those who don't know the old one any more can't read what it signed."""
        return self._keys.signing().kid != self._key.kid

    def sign(self, revocations: Sequence[Revocation], *, written_at: int, complete_at: int | None) -> str:
        """The next batch, as text.

        Args:
            written_at: the time, in milliseconds.
            complete_at: as in `Batch`.
        """
        claims = {
            "iss": self._issuer,
            "writer": self._writer,
            "number": self._number,
            "written_at": written_at,
            "complete_at": complete_at,
            "life": self.life,
            "revocations": [_text(one) for one in revocations],
        }
        self._number += 1
        key = self._key
        return jwt.encode(claims, key.private, algorithm=key.algorithm, headers={"typ": _TYPE, "kid": key.kid})


def read(text: str, find: Callable[[str], VerificationKey | None], *, issuer: str) -> Batch:
    """A batch whose signature is good.

    Args:
        find: the key of a `kid`; None: there is none.
        issuer: what `iss` must be.

    Raises:
        UnknownKey: it names a key that is not known; with newer keys it may be good.
        TokenInvalid: it is no batch of this issuer.
    """
    if len(text) > _LONGEST:
        raise TokenInvalid
    claims = verified_claims(text, find, media_type=_TYPE)
    try:
        if claims.pop("iss") != issuer:
            raise TokenInvalid
        return Batch(**claims | {"revocations": [_revocation(one) for one in claims["revocations"]]})
    except (KeyError, TypeError, ValueError):
        raise TokenInvalid from None


class _Row:
    """What was read of one writer. Times are in milliseconds.

    Attributes:
        whole_from: from this time on nothing is missing: what is missing before has expired by then.
        following: the number of its next batch.
        last: when the last one was written.
    """

    __slots__ = ("following", "last", "whole_from")

    def __init__(self, whole_from: int) -> None:
        self.whole_from = whole_from
        self.following = self.last = 0


class Ledger:
    """Says, of the batches that were read one after the other, up to which time they have everything."""

    def __init__(self) -> None:
        self._rows: dict[str, _Row] = {}

    def take(self, batch: Batch) -> int | None:
        """Count a batch.

        Returns:
            The time up to which everything was read, in milliseconds; None: this batch does not prove it, since one
            before it is missing, or because it does not say so.
        """
        row = self._rows.get(batch.writer)
        if row is None or batch.number > row.following:
            # Those before it were taken away: by age, or by somebody. What they revoked matters for `life` at the most.
            row = _Row(0 if batch.number == 0 else batch.written_at + batch.life)
            self._rows[batch.writer] = row
        elif batch.number < row.following:
            return None
        row.following, row.last = batch.number + 1, batch.written_at
        if batch.number == 0:
            self._forget(batch.written_at - batch.life)
        return batch.complete_at if batch.written_at >= row.whole_from else None

    def _forget(self, before: int) -> None:
        """Forget the writers that wrote nothing since then: each start of a node is a new one."""
        for writer in [writer for writer, row in self._rows.items() if row.last < before]:
            del self._rows[writer]


def _text(one: Revocation) -> str:
    if one.session_id is not None:
        return f"session,{one.session_id},{one.until}"
    return f"user,{one.user_id},{one.epoch},{one.until}"


def _revocation(text: str) -> Revocation:
    """The inverse of `_text`.

    Raises:
        ValueError: it is something else.
    """
    kind, subject, *numbers = text.split(",")
    if kind == "user":
        epoch, until = map(int, numbers)
        return Revocation(None, subject, epoch, until)
    if kind == "session":
        (until,) = map(int, numbers)
        return Revocation(subject, None, 0, until)
    raise ValueError(f"{text!r} is no revocation")
