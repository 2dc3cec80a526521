"""The signing keys in their files.

A key is a PEM file `<made, ms>-<algorithm>-<kid>.pem` in the directory `keys/`. The newest signs. An older one still
verifies, and is published in the JWKS, until the last token that it signed has expired.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import orjson
import structlog

from cierre.clock import now_ms
from cierre.tokens.files import locked, write_private
from cierre.tokens.keys import Algorithm, BadKey, Key, generate, parse, pem

_log = structlog.get_logger("cierre.keys")


_NAME = re.compile(r"^(\d+)-(RS256|ES256)-([\w-]+)\.pem$")


_RELOAD_INTERVAL = 2.0  # seconds between two looks at the directory


class KeyRing:
    """The keys of a service: those of a directory, looked at again while it runs, or those of the environment.

    Args:
        directory: with the PEM files; the first key is made there where there is none.
        pems: PEM texts one after the other instead of a directory: the first signs, the others verify.
        algorithm: of the first key, where it has to be made.
        keep: for how long a key that no longer signs still verifies, in milliseconds: the longest life of a token.
    """

    def __init__(self, directory: Path, *, pems: str | None = None, algorithm: Algorithm, keep: int) -> None:
        self._directory = directory
        self._fixed = pems is not None
        self._keep = keep
        self._looked_at = 0.0
        self._keys: list[Key] = []
        self._by_kid: dict[str, Key] = {}
        self._jwks = b""
        if pems is not None:
            self._take(_split(pems))
        else:
            with locked(directory):
                if not list(_files(directory)):
                    write(directory, generate(algorithm))
            self._reload()

    def signing(self) -> Key:
        """The key for new tokens."""
        self._look()
        return self._keys[0]

    def find(self, kid: str) -> Key | None:
        """The key of that id, if it still verifies."""
        self._look()
        return self._by_kid.get(kid)

    def jwks(self) -> bytes:
        """The public keys that verify, newest first, as a JWK Set (RFC 7517, section 5)."""
        self._look()
        return self._jwks

    def _look(self) -> None:
        now = time.monotonic()
        if not self._fixed and now - self._looked_at > _RELOAD_INTERVAL:
            self._reload()

    def _reload(self) -> None:
        self._looked_at = time.monotonic()
        known = {key.file_name: key for key in self._keys}
        keys = []
        for path in _files(self._directory):
            try:
                keys.append(known.get(path.name) or read(path))
            except BadKey as failure:
                if not self._keys:
                    raise
                # Half written, or gone by now: what runs goes on with those that it can read.
                _log.warning("unreadable_key", error=str(failure))
        if keys:
            self._take(_verifying(keys, keep=self._keep))

    def _take(self, keys: list[Key]) -> None:
        if [key.kid for key in keys] == [key.kid for key in self._keys]:
            return
        self._keys = keys
        self._by_kid = {key.kid: key for key in keys}
        self._jwks = orjson.dumps({"keys": [key.jwk for key in keys]})


def _verifying(keys: list[Key], *, keep: int) -> list[Key]:
    """Newest first: the one that signs, and those whose successor is not older than a token can get."""
    ordered = sorted(keys, key=lambda key: key.made_at, reverse=True)
    dead_before = now_ms() - keep
    return ordered[:1] + [old for newer, old in pairwise(ordered) if newer.made_at >= dead_before]


def rotate(directory: Path, algorithm: Algorithm) -> Key:
    """Make a key that signs from now on. The one before it goes on verifying."""
    with locked(directory):
        # Later than every other one, whatever the clock says meanwhile.
        newest = max((_made_at(path) for path in _files(directory)), default=0)
        return write(directory, generate(algorithm, made_at=max(now_ms(), newest + 1)))


def listing(directory: Path, *, keep: int) -> list[tuple[Key, str]]:
    """Every key with its state: `signing`, `retiring` (still verifies) or `retired`, newest first."""
    keys = sorted((read(path) for path in _files(directory)), key=lambda key: key.made_at, reverse=True)
    verifying = {key.kid for key in _verifying(keys, keep=keep)} if keys else set()
    return [
        (key, "signing" if position == 0 else "retiring" if key.kid in verifying else "retired")
        for position, key in enumerate(keys)
    ]


def read(path: Path) -> Key:
    """The key of a file.

    Raises:
        BadKey: it can't be read, or holds none.
    """
    try:
        pem = path.read_bytes()
    except OSError as failure:
        raise BadKey(f"{path} can't be read: {failure.strerror}") from failure
    return parse(pem, made_at=_made_at(path), origin=str(path))


def _made_at(path: Path) -> int:
    match = _NAME.match(path.name)
    assert match is not None
    return int(match[1])


def write(directory: Path, key: Key) -> Key:
    """Put the key into the directory."""
    write_private(directory / key.file_name, pem(key))
    return key


def _files(directory: Path) -> Iterator[Path]:
    return (path for path in directory.iterdir() if _NAME.match(path.name))


def _split(pems: str) -> list[Key]:
    parts = re.findall(r"-----BEGIN [^-]+-----.*?-----END [^-]+-----", pems.replace("\\n", "\n"), re.DOTALL)
    if not parts:
        raise BadKey("CIERRE_SIGNING_KEYS holds no PEM private key")
    count = len(parts)
    return [parse(part.encode(), made_at=count - n, origin="CIERRE_SIGNING_KEYS") for n, part in enumerate(parts)]
