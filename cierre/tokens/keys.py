"""Key pairs that sign access tokens: made, read from PEM, published as JWK. `kid` is the RFC 7638 thumbprint."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from cierre.clock import now_ms
from cierre.phrases import Phrase

Algorithm = Literal["RS256", "ES256"]
# Of the first key: signing with it takes a twentieth of RSA's time (docs/decisions/0019-es256-by-default.md).
DEFAULT_ALGORITHM: Algorithm = "ES256"


PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class BadKey(ValueError):
    """A file or variable holds no private key that can sign; the message names it and says why."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key pair.

    Attributes:
        kid: RFC 7638 thumbprint.
        algorithm: of its signatures (RFC 7518, section 3.1).
        signs_from: when it begins to sign, in milliseconds since the epoch; it verifies before.
        jwk: the public key, as JWKS publishes it (RFC 7517).
        encrypted: the text that it was read from was.
    """

    kid: str
    algorithm: Algorithm
    signs_from: int
    private: PrivateKey
    public: Any
    jwk: dict[str, str]
    encrypted: bool = False

    @property
    def file_name(self) -> str:
        return f"{self.signs_from}-{self.algorithm}-{self.kid}.pem"


def generate(algorithm: Algorithm, *, signs_from: int | None = None) -> Key:
    """A new key: RSA of 2048 bits, or a point on P-256.

    Args:
        signs_from: when it begins to sign, in milliseconds since the epoch; None: now.
    """
    private: PrivateKey
    if algorithm == "RS256":
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    else:
        private = ec.generate_private_key(ec.SECP256R1())
    return _key(private, now_ms() if signs_from is None else signs_from)


def is_encrypted(pem: bytes) -> bool:
    """Whether a PEM text is encrypted: as PKCS #8, or as OpenSSL did it before."""
    return b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in pem or b"Proc-Type: 4,ENCRYPTED" in pem


def parse(pem: bytes, *, signs_from: int, origin: str, passphrase: bytes | None = None) -> Key:
    """The key in a PEM text.

    Args:
        signs_from: as in `Key`, in milliseconds.
        origin: where the text is from, for the message of the error.
        passphrase: of an encrypted text; a plain one is read without it.

    Raises:
        BadKey: it is no RSA (2048 bits or more) or P-256 private key, or encrypted with another passphrase.
    """
    private = _loaded(pem, origin, passphrase)
    if isinstance(private, rsa.RSAPrivateKey):
        if private.key_size < 2048:
            raise BadKey(
                Phrase(
                    "{origin} is an RSA key of {size} bits; RFC 7518 wants 2048 (section 3.3)",
                    origin=origin,
                    size=private.key_size,
                )
            )
        return _key(private, signs_from, encrypted=is_encrypted(pem))
    if isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(private.curve, ec.SECP256R1):
        return _key(private, signs_from, encrypted=is_encrypted(pem))
    raise BadKey(Phrase("{origin} is neither an RSA nor a P-256 key", origin=origin))


def _loaded(pem: bytes, origin: str, passphrase: bytes | None) -> PrivateKeyTypes:
    encrypted = is_encrypted(pem)
    if encrypted and passphrase is None:
        raise BadKey(
            Phrase("{origin} is encrypted: name the file with its passphrase by --key-passphrase-file", origin=origin)
        )
    try:
        return load_pem_private_key(pem, password=passphrase if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as failure:
        if encrypted:
            raise BadKey(
                Phrase("{origin} can't be decrypted: it has another passphrase, or is damaged", origin=origin)
            ) from failure
        raise BadKey(Phrase("{origin} holds no PEM private key", origin=origin)) from failure


def pem(key: Key, passphrase: bytes | None = None) -> bytes:
    """The private key as PEM (PKCS #8).

    Args:
        passphrase: that it is encrypted with; None: it is not encrypted.
    """
    protection = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase)
    return key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)


def _key(private: PrivateKey, signs_from: int, *, encrypted: bool = False) -> Key:
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
    return Key(kid, algorithm, signs_from, private, public, published, encrypted)
