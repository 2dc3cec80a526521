"""The secret that derives the successors of refresh tokens."""

from __future__ import annotations

import secrets
from pathlib import Path

from cierre.phrases import Phrase
from cierre.tokens.files import locked, write_private
from cierre.tokens.keys import BadKey

_SECRET_LENGTH = 32


def server_secret(data_dir: Path, given: str | None) -> bytes:
    """The key of the HMAC that derives a refresh token's successor: given, or made once in the data directory.

    Args:
        data_dir: where the file `secret` is, or is made.
        given: the value of CIERRE_SECRET; None: the file's.

    Raises:
        BadKey: it is shorter than 32 characters.
    """
    if given is not None:
        if len(given) < _SECRET_LENGTH:
            raise BadKey(Phrase("CIERRE_SECRET is too short: 32 characters at least, e.g. from `openssl rand -hex 32`"))
        return given.encode()
    path = data_dir / "secret"
    with locked(data_dir):
        if not path.exists():
            write_private(path, secrets.token_hex(32).encode())
        secret = path.read_bytes()
    if len(secret) < _SECRET_LENGTH:
        raise BadKey(
            Phrase("{path} is too short for a secret: restore it, or delete it and a new one is made", path=path)
        )
    return secret
