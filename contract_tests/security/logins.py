"""What a login tells about users, and how well its tokens are signed (OWASP API2)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from cierre.contract_tests import named
from cierre.contract_tests.auth.file import Entry
from cierre.contract_tests.resources.calls import NOBODY, Reply
from cierre.contract_tests.resources.passwords import is_password
from cierre.contract_tests.security.inputs import content_of
from cierre.contract_tests.security.stage import Stage, login_operation
from cierre.oas.navigation import Json

NO_LOGIN = "no entry of --auth has a login"
# Words that tutorials and templates sign with.
_WORDS = (
    "secret secretkey secret_key secret-key mysecret mysecretkey my-secret my_secret supersecret super-secret "
    "super_secret supersecretkey topsecret s3cr3t password passw0rd changeme change-me changeit default key mykey "
    "jwt jwtsecret jwt_secret jwt-secret jwt_secret_key jwtsecretkey JWT_SECRET SECRET SECRET_KEY random test testing "
    "dev development admin 123456 12345678 qwerty token example demo flask django insecure your-256-bit-secret "
    "your-secret-key your_secret_key yoursecretkey secret123 password123 thisisasecret notasecret hello crapi 1234"
)
_HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def check_enumeration(stage: Stage) -> str:
    """Log in with a wrong password, as a known user and as none. Returns why it was not reached."""
    entry = next((one for one in stage.owner.entries if one.path is not None and one.bodies), None)
    secret = next((name for name in entry.bodies[0] if is_password(name)), None) if entry is not None else None
    if entry is None or secret is None:
        return NO_LOGIN
    who = [name for name in entry.bodies[0] if name != secret and isinstance(entry.bodies[0][name], str)]
    if not who:
        return NO_LOGIN
    stage.calls.start()
    answers = [_attempt(stage, entry, secret, who[0], known=known) for known in (True, False, True, False)]
    if any(one is None or one[0].status == 429 for one in answers):
        return "the server takes no more logins"
    known, unknown, again, other = (content_of(one[0], one[1]) for one in answers if one is not None)
    reply = answers[-1]
    if known == again and unknown == other and known != unknown and reply is not None:
        what = f"{known[0]} and {unknown[0]}" if known[0] != unknown[0] else "other words"
        sentence = f"{reply[0].operation.label} tells by {what} which users there are."
        stage.broken(named.ENUMERATION, reply[0], sentence)
    return ""


def _attempt(stage: Stage, entry: Entry, secret: str, who: str, *, known: bool) -> tuple[Reply, str] | None:
    """An attempt with a wrong password, and the user that it names."""
    own = str(entry.bodies[0][who])
    new = stage.things.values.new()
    name = own if known else f"cierre{new}@example.com" if "@" in own else f"cierre{new}"
    body: Json = {**entry.bodies[0], who: name, secret: f"Wrong-{new}-1"}
    operation = login_operation(stage.run, str(entry.path))
    reply = stage.calls.call(operation, NOBODY, body=body)
    return (reply, name) if reply is not None else None


def check_key(stage: Stage) -> str:
    """Look whether a known word signs the tokens of a login; nothing is sent for it. Returns why not."""
    tried = False
    for entry in stage.owner.entries:
        if entry.path is None or not entry.bodies:
            continue
        token = stage.run.logins.current(entry).token
        parts = token.split(".")
        algorithm = _algorithm(parts[0]) if len(parts) == 3 else ""
        if algorithm not in _HASHES:
            continue
        tried = True
        word = next((one for one in _WORDS.split() if _signs(one, parts, algorithm)), None)
        operation = login_operation(stage.run, entry.path)
        reply = stage.calls.call(operation, NOBODY, body=entry.bodies[0]) if word is not None else None
        if reply is not None:
            sentence = f"{operation.label} gives tokens that the word “{word}” signs: anybody can make one."
            stage.broken(named.WEAK_KEY, reply, sentence, trail=[reply.seen])
            return ""
    return "" if tried else "no login gives a JWT that is signed with a shared key"


def _algorithm(header: str) -> str:
    try:
        found = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
        return str(found.get("alg", ""))
    except (ValueError, AttributeError):
        return ""


def _signs(word: str, parts: list[str], algorithm: str) -> bool:
    digest = hmac.new(word.encode(), ".".join(parts[:2]).encode(), _HASHES[algorithm]).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == parts[2]
