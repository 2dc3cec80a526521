"""What a login tells about users (OWASP API2)."""

from __future__ import annotations

from cierre.contract_tests import named
from cierre.contract_tests.auth.file import Entry
from cierre.contract_tests.resources.calls import NOBODY, Reply
from cierre.contract_tests.resources.passwords import is_password
from cierre.contract_tests.security.inputs import content_of
from cierre.contract_tests.security.stage import Stage, login_operation
from cierre.oas.navigation import Json

NO_LOGIN = "no entry of --auth has a login"


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
