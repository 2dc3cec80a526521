"""The signing keys in their files.

A key is a PEM file `<signs from, ms>-<algorithm>-<kid>.pem` in the directory `keys/`. It is published in the JWKS and
verifies as soon as a node has read the file, and signs from the time in its name: by then every node and every resource
server knows it. The latest of those whose time has come signs. One before it still verifies, and is published, until
the last token that it signed has expired.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import orjson
import structlog

from cierre.clock import now_ms
from cierre.phrases import Phrase, reason_of
from cierre.tokens.files import locked, write_private
from cierre.tokens.keys import DEFAULT_ALGORITHM, Algorithm, BadKey, Key, generate, is_encrypted, parse, pem

_log = structlog.get_logger("cierre.keys")

_NAME = re.compile(r"^(\d+)-(RS256|ES256)-([\w-]+)\.pem$")
# A node whose clock is behind goes on signing with the key before for so long, in milliseconds.
_CLOCKS = 60_000


class KeyRing:
    """The keys of a service: those of a directory, looked at again while it runs, or those of the environment.

    Args:
        directory: with the PEM files; the first key is made there where there is none.
        pems: PEM texts one after the other instead of a directory: the first signs, the others verify.
        algorithm: of the first key, where it has to be made; None: ES256.
        keep: for how long a key that no longer signs still verifies, in milliseconds: the longest life of a token.
        reload_interval: milliseconds between two looks at the directory.
        unknown_interval: the same when a token names a key that is not known: soon, since it may be new, and not at
            once, since anybody can make up the names of keys.
        now: the time that decides which key signs, in milliseconds since the epoch.
        passphrase: of encrypted keys, and for the first one; plain keys are read as well, and told in the log.

    Raises:
        BadKey: there is a key that can't be read.
    """

    def __init__(
        self,
        directory: Path,
        *,
        pems: str | None = None,
        algorithm: Algorithm | None,
        keep: int,
        reload_interval: int = 2_000,
        unknown_interval: int = 100,
        now: Callable[[], int] = now_ms,
        passphrase: bytes | None = None,
    ) -> None:
        self._directory = directory
        self._fixed = pems is not None
        self._keep = keep
        self._now = now
        self._passphrase = passphrase
        # All that were read, by the names of their files: decrypting one takes time by design.
        self._known: dict[str, Key] = {}
        self._reload_interval = reload_interval / 1000
        self._unknown_interval = unknown_interval / 1000
        self._looked_at = 0.0
        self._keys: list[Key] = []
        self._by_kid: dict[str, Key] = {}
        self._jwks = b""
        if pems is not None:
            self._take(_split(pems, passphrase))
        else:
            with locked(directory):
                if not list(_files(directory)):
                    write(directory, generate(algorithm or DEFAULT_ALGORITHM), passphrase)
            self._reload()

    def signing(self) -> Key:
        """The key for new tokens."""
        self._look(self._reload_interval)
        return _signing(self._keys, self._now())

    def find(self, kid: str) -> Key | None:
        """The key of that id; None: there is none, or it verifies no longer."""
        self._look(self._reload_interval)
        if kid not in self._by_kid:
            self._look(self._unknown_interval)
        return self._by_kid.get(kid)

    def signs_since(self) -> list[int]:
        """When each key that verifies begins, or began, to sign, in milliseconds since the epoch; the latest first."""
        self._look(self._reload_interval)
        return [key.signs_from for key in self._keys]

    def jwks(self) -> bytes:
        """The public keys that verify, the latest first, as a JWK Set (RFC 7517, section 5)."""
        self._look(self._reload_interval)
        return self._jwks

    def _look(self, interval: float) -> None:
        if not self._fixed and time.monotonic() - self._looked_at >= interval:
            self._reload()

    def _reload(self) -> None:
        self._looked_at = time.monotonic()
        keys = []
        for path in _files(self._directory):
            try:
                keys.append(self._known.get(path.name) or self._read(path))
            except BadKey as failure:
                if not self._keys:
                    raise
                # Half written, or gone by now: what runs goes on with those that it can read.
                _log.warning("unreadable_key", error=str(failure))
        self._known = {key.file_name: key for key in keys}
        if keys:
            self._take(_verifying(keys, keep=self._keep, now=self._now()))

    def _read(self, path: Path) -> Key:
        key = read(path, self._passphrase)
        if self._passphrase is not None and not key.encrypted:
            _log.warning("plain_key", file=str(path), then="it is used; `cierre keys encrypt` encrypts it")
        return key

    def _take(self, keys: list[Key]) -> None:
        if [key.kid for key in keys] == [key.kid for key in self._keys]:
            return
        self._keys = keys
        self._by_kid = {key.kid: key for key in keys}
        self._jwks = orjson.dumps({"keys": [key.jwk for key in keys]})


def _signing(keys: Sequence[Key], now: int) -> Key:
    """Of keys in order, the latest first, the one that signs now; where the time of none has come, the earliest."""
    return next((key for key in keys if key.signs_from <= now), keys[-1])


def _verifying(keys: list[Key], *, keep: int, now: int) -> list[Key]:
    """The latest first: those that will sign, the one that signs, and those whose last token may not have expired."""
    ordered = sorted(keys, key=lambda key: key.signs_from, reverse=True)
    dead_before = now - keep - _CLOCKS
    return ordered[:1] + [old for newer, old in pairwise(ordered) if newer.signs_from >= dead_before]


def rotate(
    directory: Path,
    algorithm: Algorithm | None,
    *,
    lead: int = 0,
    passphrase: bytes | None = None,
    now: int | None = None,
) -> Key:
    """Make a key that signs from a time on. The one that signs now goes on until then, and goes on verifying after it.

    Args:
        directory: with the PEM files; it is made where there is none.
        algorithm: of the new key; None: of the last one, so that a resource server that knows no other goes on.
        lead: milliseconds for which the key is published before it signs. With 0 a node or a resource server that has
            not read the key yet may refuse a token that it signed.
        passphrase: that the key is encrypted with; the keys that are encrypted must have the same.
        now: milliseconds since the epoch; None: by the clock of this machine.

    Raises:
        BadKey: the keys are encrypted, and no passphrase or another one is given.
        OSError: the directory can't be written.
    """
    with locked(directory):
        _require_own_passphrase(directory, passphrase)
        at = now_ms() if now is None else now
        # Later than the one that signs now, so that it takes its turn.
        latest = max((one for one in map(_signs_from, _files(directory)) if one <= at), default=0)
        key = generate(algorithm or _last_algorithm(directory), signs_from=max(at + lead, latest + 1))
        return write(directory, key, passphrase)


def last_signs_from(directory: Path) -> int:
    """When the latest key begins to sign, in milliseconds since the epoch; 0: there is none."""
    return max(map(_signs_from, _files(directory)), default=0)


def encrypt(directory: Path, passphrase: bytes) -> tuple[int, int]:
    """Encrypt the keys that are plain, each file whole or not at all; the keys and their names stay.

    Returns:
        How many were encrypted now, and how many were before.

    Raises:
        BadKey: a key can't be read, or is encrypted with another passphrase; nothing is changed then.
        OSError: the directory can't be written.
    """
    with locked(directory):
        keys = [read(path, passphrase) for path in _files(directory)]
        plain = [key for key in keys if not key.encrypted]
        for key in plain:
            write(directory, key, passphrase)
    return len(plain), len(keys) - len(plain)


def _require_own_passphrase(directory: Path, passphrase: bytes | None) -> None:
    """Refuse to add a key that those who can read the others could not read, or that is plain beside encrypted ones."""
    for path in _files(directory):
        if is_encrypted(_text(path)):
            read(path, passphrase)
            return


def listing(directory: Path, *, keep: int, passphrase: bytes | None = None) -> list[tuple[Key, str]]:
    """Every key with its state, the latest first.

    Args:
        directory: with the PEM files.
        keep: as for `KeyRing`, in milliseconds.
        passphrase: of encrypted keys.

    Returns:
        The state is `next` (published, verifies, will sign), `signing`, `retiring` (still verifies) or `retired`.

    Raises:
        BadKey: there is a key that can't be read.
    """
    keys = sorted((read(path, passphrase) for path in _files(directory)), key=lambda key: key.signs_from, reverse=True)
    if not keys:
        return []
    now = now_ms()
    signing = _signing(keys, now)
    verifying = {key.kid for key in _verifying(keys, keep=keep, now=now)}

    def state(key: Key) -> str:
        if key is signing:
            return "signing"
        if key.signs_from > signing.signs_from:
            return "next"
        return "retiring" if key.kid in verifying else "retired"

    return [(key, state(key)) for key in keys]


def read(path: Path, passphrase: bytes | None = None) -> Key:
    """The key of a file.

    Args:
        passphrase: of an encrypted key.

    Raises:
        BadKey: it can't be read, holds none, or is encrypted with another passphrase.
    """
    return parse(_text(path), signs_from=_signs_from(path), origin=str(path), passphrase=passphrase)


def _text(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as failure:
        raise BadKey(Phrase("{path} can't be read: {reason}", path=path, reason=reason_of(failure))) from failure


def _signs_from(path: Path) -> int:
    match = _NAME.match(path.name)
    assert match is not None
    return int(match[1])


def _last_algorithm(directory: Path) -> Algorithm:
    last = max(_files(directory), key=_signs_from, default=None)
    if last is None:
        return DEFAULT_ALGORITHM
    return "RS256" if "-RS256-" in last.name else "ES256"


def write(directory: Path, key: Key, passphrase: bytes | None = None) -> Key:
    """Put the key into the directory, and return it.

    Args:
        passphrase: that it is encrypted with; None: it is not encrypted.

    Raises:
        OSError: the directory can't be written.
    """
    write_private(directory / key.file_name, pem(key, passphrase))
    return key


def _files(directory: Path) -> Iterator[Path]:
    return (path for path in directory.iterdir() if _NAME.match(path.name))


def _split(pems: str, passphrase: bytes | None) -> list[Key]:
    parts = re.findall(r"-----BEGIN [^-]+-----[^-]*-----END [^-]+-----", pems.replace("\\n", "\n"))
    if not parts:
        raise BadKey(Phrase("CIERRE_SIGNING_KEYS holds no PEM private key"))
    count = len(parts)
    return [
        parse(part.encode(), signs_from=count - n, origin="CIERRE_SIGNING_KEYS", passphrase=passphrase)
        for n, part in enumerate(parts)
    ]
