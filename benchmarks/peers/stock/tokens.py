"""Access tokens are RS256 JWTs that carry the session's id; PyJWT verifies them, with the key parsed once."""

import os
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_public_key

KEY = load_pem_public_key(Path(os.environ["PUBLIC_KEY"]).read_bytes())
REQUIRED = ["exp", "iat", "iss", "aud", "sub", "sid", "jti"]


def verify(token: str) -> dict[str, str]:
    """Return the claims, or raise `jwt.InvalidTokenError`."""
    return jwt.decode(token, KEY, algorithms=["RS256"], issuer="bench", audience="bench", options={"require": REQUIRED})
