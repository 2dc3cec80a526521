"""The hash chain over the audit trail: what a link's hash covers, and sealing.

Events are written without a look at the chain, so that closings don't wait for each other. Afterwards one node at a
time gives each committed event its link: a position, and a SHA-256 over the link before, the position and the event.
What can be erased of a person is covered by a salted hash of its own, which stays when the salt goes.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from cierre.settings import MINUTE
from cierre.storage.repositories import audit_links
from cierre.storage.rows import AuditEventRow, AuditLinkRow, GapRow
from cierre.storage.statements import Tx

# What the hash before the first link is.
GENESIS = "0" * 64
FORM = 1
# The columns of an event that each form covers, in order; those in PERSONAL by their own hash.
COVERED = {
    1: (
        "seq",
        "timestamp",
        "event",
        "user_id",
        "session_id",
        "logout_type",
        "sessions_closed",
        "reason",
        "session_duration",
        "success",
        "trace_id",
        "actor_type",
        "actor_id",
        "subject",
        "attempts",
    )
}
PERSONAL = ("device_id", "ip_address", "user_agent")
# A node that stood still may write an event so long after the time that it says.
SETTLED = 10 * MINUTE
# A transaction lasts less than this; what it writes has a number from its beginning.
LONGEST_TRANSACTION = 2 * MINUTE
# More numbers than are given in that time.
MOST_NUMBERS = 1_000_000


class Head(NamedTuple):
    """A place in the chain, as an operator keeps it somewhere else: `<position>:<hash>`."""

    position: int
    hash: str

    def __str__(self) -> str:
        return f"{self.position}:{self.hash}"


def parse_head(text: str) -> Head:
    """Read `<position>:<hash>`.

    Raises:
        ValueError: it is none.
    """
    position, _, digest = text.strip().partition(":")
    if not position.isdecimal() or len(position) > 18 or len(digest) != len(GENESIS):
        raise ValueError(f"{text!r} is no head of the chain: write it as `cierre audit verify` prints it, 12:ab…")
    return Head(int(position), digest.lower())


def personal_hash(salt: str, event: Mapping[str, Any]) -> str:
    """The hash of what can be erased of an event."""
    return _hash([salt, *(event[name] for name in PERSONAL)])


def link_hash(previous: str, link: AuditLinkRow, event: Mapping[str, Any]) -> str:
    """The hash of a link.

    Args:
        previous: the hash of the link before.
        event: that the link is for.

    Raises:
        KeyError: the link's form is not known.
    """
    # SQLite has 0 and 1 where a column is a bool.
    values = [bool(event[name]) if name == "success" else event[name] for name in COVERED[link["form"]]]
    own = [link["form"], link["position"], link["sealed_at"], link["settled_before"], link["personal"]]
    return _hash([previous, own, values])


def _hash(value: list[Any]) -> str:
    return sha256(orjson.dumps(value)).hexdigest()


class Missing(NamedTuple):
    """Numbers that had no event when they were looked at: of transactions that were running, or were rolled back.

    Attributes:
        since: milliseconds; when that was first seen.
    """

    gap: GapRow
    since: int


class Progress(NamedTuple):
    """How far sealing is: each event up to `through` has its link, or its number was missing.

    Attributes:
        head: of the chain, as this sealing left it. Where it is another, somebody else has sealed, or the database is
            another than before, and what is here says nothing.
        through: a number of an event.
        missing: of the runs before.
        ceiling: the largest number of this run; 0: none has begun.
        found: missing numbers of this run.
    """

    head: Head | None
    through: int
    missing: tuple[Missing, ...] = ()
    ceiling: int = 0
    found: tuple[Missing, ...] = ()


class Sealed(NamedTuple):
    """What a batch did.

    Attributes:
        events: how many got their links; fewer than the limit: no more are there.
        progress: for the next batch.
    """

    events: int
    progress: Progress


async def seal(tx: Tx, *, limit: int, progress: Progress | None = None) -> Sealed:
    """Give events that have no link theirs. Only one may do so at a time.

    Args:
        limit: the largest number of events.
        progress: as the batch before returned it, of whichever run; None: this is the first of a process.
    """
    before = await audit_links.last(tx)
    head = Head(before["position"], before["hash"]) if before else None
    if progress is None or progress.head != head:
        progress = Progress(head, await _sealed_through(tx, before))
    if not progress.ceiling:
        progress = await _begun(tx, progress)
    events = await _unsealed(tx, progress, limit)
    links: list[AuditLinkRow] = []
    for event in events:
        settles = event is events[-1] and len(events) < limit
        links.append(_next(tx, links[-1] if links else before, event, settles=settles))
    if links:
        async with tx.atomic():
            await audit_links.add(tx, links)
        progress = progress._replace(head=Head(links[-1]["position"], links[-1]["hash"]))
    if len(events) < limit:
        return Sealed(len(events), _ended(tx, progress))
    return Sealed(len(events), progress._replace(through=max(progress.through, events[-1]["seq"])))


async def _sealed_through(tx: Tx, last: AuditLinkRow | None) -> int:
    """The number up to which every event has its link.

    A number is given before the commit, so one that is missing may come after larger ones are sealed. Its transaction
    was running at the last sealing, and so had begun less than LONGEST_TRANSACTION before.
    """
    if last is None:
        return 0
    return await audit_links.sealed_before(tx, last["sealed_at"] - LONGEST_TRANSACTION)


async def _begun(tx: Tx, progress: Progress) -> Progress:
    """The beginning of a run. What is missing is asked before events are read, so that none comes between."""
    ceiling = await audit_links.newest(tx)
    # SQLite has one writer at a time: numbers are committed in their order.
    if tx.backend == "sqlite":
        return progress._replace(ceiling=ceiling)
    gaps = await audit_links.gaps(tx, max(progress.through, ceiling - MOST_NUMBERS), ceiling)
    return progress._replace(ceiling=ceiling, found=tuple(Missing(gap, tx.now) for gap in gaps))


async def _unsealed(tx: Tx, progress: Progress, limit: int) -> Sequence[AuditEventRow]:
    """Events without a link: those whose numbers were missing in earlier runs, and those that are new."""
    late: Sequence[AuditEventRow] = ()
    if progress.missing:
        late = await audit_links.unsealed_in_gaps(tx, [missing.gap for missing in progress.missing], limit=limit)
    if len(late) == limit:
        return late
    return [*late, *await audit_links.unsealed(tx, progress.through, progress.ceiling, limit=limit - len(late))]


def _ended(tx: Tx, progress: Progress) -> Progress:
    """The end of a run: no transaction of before it is running LONGEST_TRANSACTION later."""
    kept = [missing for missing in progress.missing if missing.since + LONGEST_TRANSACTION >= tx.now]
    return Progress(progress.head, max(progress.through, progress.ceiling), (*kept, *progress.found))


def _next(tx: Tx, before: AuditLinkRow | None, event: AuditEventRow, *, settles: bool) -> AuditLinkRow:
    salt = secrets.token_hex(16)
    link = AuditLinkRow(
        position=before["position"] + 1 if before else 1,
        seq=event["seq"],
        form=FORM,
        sealed_at=tx.now,
        settled_before=tx.now - SETTLED if settles else None,
        personal=personal_hash(salt, dict(event)),
        salt=salt,
        hash="",
    )
    link["hash"] = link_hash(before["hash"] if before else GENESIS, link, dict(event))
    return link
