"""The passphrase that signing keys are encrypted with, in a file of its own."""

from __future__ import annotations

from pathlib import Path

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
        raise BadKey(f"{path} can't be read: {failure.strerror}") from failure
    if not passphrase:
        raise BadKey(f"{path} holds no passphrase: `openssl rand -hex 32` makes one")
    if len(passphrase) > _LONGEST:
        raise BadKey(f"{path} is too long for a passphrase: {_LONGEST} bytes at the most")
    return passphrase
