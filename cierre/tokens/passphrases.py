"""The passphrase that signing keys are encrypted with, in a file of its own."""

from __future__ import annotations

from pathlib import Path

from cierre.phrases import Phrase, reason_of
from cierre.tokens.keys import BadKey

# What OpenSSL takes, in bytes.
_LONGEST = 1023


def read_passphrase(path: Path | None) -> bytes | None:
    """The passphrase of a file: its content without the line break at its end. None: no file is named.

    Raises:
        BadKey: the file can't be read, is empty, or too long.
    """
    if path is None:
        return None
    try:
        passphrase = path.read_bytes().rstrip(b"\r\n")
    except OSError as failure:
        raise BadKey(Phrase("{path} can't be read: {reason}", path=path, reason=reason_of(failure))) from failure
    if not passphrase:
        raise BadKey(Phrase("{path} holds no passphrase: `openssl rand -hex 32` makes one", path=path))
    if len(passphrase) > _LONGEST:
        raise BadKey(
            Phrase("{path} is too long for a passphrase: {longest} bytes at the most", path=path, longest=_LONGEST)
        )
    return passphrase
