"""The keys that sign access tokens, and the secret that derives refresh tokens.

A key is a PEM file `<made, ms>-<algorithm>-<kid>.pem` in the directory `keys/`; `kid` is the RFC 7638 thumbprint.
The newest signs. An older one still verifies, and stands in the JWKS, until the last token that it signed is dead.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import orjson
import structlog
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from cierre.times import now_ms

_log = structlog.get_logger("cierre.keys")

_SECRET_LENGTH = 32

Algorithm = Literal["RS256", "ES256"]
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_NAME = re.compile(r"^(\d+)-(RS256|ES256)-([\w-]+)\.pem$")
_RELOAD_INTERVAL = 2.0  # seconds between two looks at the directory


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
            with _locked(directory):
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
    with _locked(directory):
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
    _write(directory / key.file_name, pem(key))
    return key


def _write(path: Path, content: bytes) -> None:
    """Make a file that its owner alone can read, whole or not at all."""
    unfinished = path.with_name(f".{path.name}.part")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    unfinished.rename(path)


def _files(directory: Path) -> Iterator[Path]:
    return (path for path in directory.iterdir() if _NAME.match(path.name))


def _split(pems: str) -> list[Key]:
    parts = re.findall(r"-----BEGIN [^-]+-----.*?-----END [^-]+-----", pems.replace("\\n", "\n"), re.DOTALL)
    if not parts:
        raise BadKey("CIERRE_SIGNING_KEYS holds no PEM private key")
    count = len(parts)
    return [parse(part.encode(), made_at=count - n, origin="CIERRE_SIGNING_KEYS") for n, part in enumerate(parts)]


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Of processes that start together one makes the first key."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def server_secret(data_dir: Path, given: str | None) -> bytes:
    """The key of the HMAC that derives a refresh token's successor: given, or made once in the data directory.

    Raises:
        BadKey: it is shorter than 32 characters.
    """
    if given is not None:
        if len(given) < _SECRET_LENGTH:
            raise BadKey("CIERRE_SECRET is too short: 32 characters at least, e.g. from `openssl rand -hex 32`")
        return given.encode()
    path = data_dir / "secret"
    with _locked(data_dir):
        if not path.exists():
            _write(path, secrets.token_hex(32).encode())
        secret = path.read_bytes()
    if len(secret) < _SECRET_LENGTH:
        raise BadKey(f"{path} is too short for a secret: restore it, or delete it and a new one is made")
    return secret
