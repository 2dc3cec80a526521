"""Whether a guessable key signs the tokens of a run (OWASP API2): worked out on this machine, nothing is sent."""

from __future__ import annotations

import base64
import hmac
import itertools
import json
from collections.abc import Iterator

from cierre.contract_tests import named
from cierre.contract_tests.auth.file import Entry
from cierre.contract_tests.resources.calls import NOBODY, Reply
from cierre.contract_tests.security.stage import Stage, login_operation
from cierre.oas.navigation import security

# Words that tutorials and templates sign with.
_WORDS = (
    "secret secretkey secret_key secret-key mysecret mysecretkey my-secret my_secret supersecret super-secret "
    "super_secret supersecretkey topsecret s3cr3t password passw0rd changeme change-me changeit default key mykey "
    "jwt jwtsecret jwt_secret jwt-secret jwt_secret_key jwtsecretkey JWT_SECRET SECRET SECRET_KEY random test testing "
    "dev development admin qwerty token example demo flask django insecure your-256-bit-secret letmein welcome "
    "your-secret-key your_secret_key yoursecretkey secret123 password123 thisisasecret notasecret hello crapi "
    "12345678 123456789 1234567890 privatekey private_key signingkey signing_key app_secret appsecret hs256 root"
)
# Numbers of up to so many digits are tried, a million of them in all: two seconds of a core.
_DIGITS = 6
_HASHES = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}


def check(stage: Stage) -> str:
    """Look for the key of the run's tokens among known words and short numbers. Returns why there was no token."""
    tried: set[str] = set()
    for entry in stage.owner.entries:
        header, _, rest = _token(stage, entry).partition(".")
        algorithm = _algorithm(header) if rest.count(".") == 1 else ""
        # Tokens with the same header have the same key.
        if algorithm not in _HASHES or header in tried:
            continue
        tried.add(header)
        found = _key(f"{header}.{rest}", _HASHES[algorithm])
        reply = _reply(stage, entry) if found is not None else None
        if reply is not None:
            sentence = f"{reply.operation.label} has tokens that “{found}” signs: anybody can make one."
            stage.broken(named.WEAK_KEY, reply, sentence, trail=[reply.seen])
            return ""
    return "" if tried else "no entry of --auth has a JWT that is signed with a shared key"


def _token(stage: Stage, entry: Entry) -> str:
    return stage.run.logins.current(entry).token if entry.path is not None else entry.value or ""


def _reply(stage: Stage, entry: Entry) -> Reply | None:
    """An exchange that shows the token: its login, or an operation that takes it."""
    if entry.path is not None and entry.bodies:
        return stage.calls.call(login_operation(stage.run, entry.path), NOBODY, body=entry.bodies[0])
    document = stage.run.document
    takes = (one for one in stage.run.operations if entry.fits(document, one) and security(document, one))
    operation = min(takes, key=lambda one: one.method != "get", default=None)
    if operation is None:
        return None
    return stage.calls.call(operation, stage.owner, path=stage.things.path_of(operation))


def _algorithm(header: str) -> str:
    try:
        found = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
        return str(found.get("alg", ""))
    except (ValueError, AttributeError):
        return ""


def _key(token: str, algorithm: str) -> str | None:
    """The word or number that signs the token; None where it is none of those that are tried."""
    signed, _, signature = token.rpartition(".")
    try:
        wanted = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    except ValueError:
        return None
    message = signed.encode()
    for word in itertools.chain(_WORDS.split(), _numbers()):
        if hmac.digest(word.encode(), message, algorithm) == wanted:
            return word
    return None


def _numbers() -> Iterator[str]:
    for length in range(1, _DIGITS + 1):
        yield from map("".join, itertools.product("0123456789", repeat=length))
