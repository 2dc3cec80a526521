"""Key pairs that sign access tokens: made, read from PEM, published as JWK. `kid` is the RFC 7638 thumbprint."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from cierre.clock import now_ms

Algorithm = Literal["RS256", "ES256"]


PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class BadKey(ValueError):
    """A file or variable that holds no private key of ours."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key pair.

    Attributes:
        kid: RFC 7638 thumbprint.
        made_at: milliseconds.
        jwk: the public key, as JWKS publishes it (RFC 7517).
    """

    kid: str
    algorithm: Algorithm
    made_at: int
    private: PrivateKey
    public: Any
    jwk: dict[str, str]

    @property
    def file_name(self) -> str:
        return f"{self.made_at}-{self.algorithm}-{self.kid}.pem"


def generate(algorithm: Algorithm, *, made_at: int | None = None) -> Key:
    """A new key: RSA of 2048 bits, or a point on P-256."""
    private: PrivateKey
    if algorithm == "RS256":
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    else:
        private = ec.generate_private_key(ec.SECP256R1())
    return _key(private, now_ms() if made_at is None else made_at)


def parse(pem: bytes, *, made_at: int, origin: str) -> Key:
    """The key in a PEM text.

    Raises:
        BadKey: it is no unencrypted RSA (2048 bits or more) or P-256 private key.
    """
    try:
        private = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as failure:
        raise BadKey(f"{origin} holds no unencrypted PEM private key") from failure
    if isinstance(private, rsa.RSAPrivateKey):
        if private.key_size < 2048:
            raise BadKey(f"{origin} is an RSA key of {private.key_size} bits; RFC 7518 wants 2048 (section 3.3)")
        return _key(private, made_at)
    if isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(private.curve, ec.SECP256R1):
        return _key(private, made_at)
    raise BadKey(f"{origin} is neither an RSA nor a P-256 key")


def pem(key: Key) -> bytes:
    return key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _key(private: PrivateKey, made_at: int) -> Key:
    public = private.public_key()
    algorithm: Algorithm
    required: tuple[str, ...]
    if isinstance(public, rsa.RSAPublicKey):
        algorithm, jwk = "RS256", RSAAlgorithm.to_jwk(public, as_dict=True)
        required = ("e", "kty", "n")
    else:
        algorithm, jwk = "ES256", ECAlgorithm.to_jwk(public, as_dict=True)
        required = ("crv", "kty", "x", "y")
    thumbprint = hashlib.sha256(
        json.dumps({name: jwk[name] for name in required}, separators=(",", ":"), sort_keys=True).encode()
    ).digest()
    kid = base64.urlsafe_b64encode(thumbprint).rstrip(b"=").decode()
    published = {name: jwk[name] for name in required} | {"use": "sig", "alg": algorithm, "kid": kid}
    return Key(kid, algorithm, made_at, private, public, published)
