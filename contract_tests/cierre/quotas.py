"""What is promised of Cierre's quotas alone: that of a user is spent from many addresses, and is nobody else's."""

from __future__ import annotations

import time

from schemathesis.specs.openapi.schemas import OpenApiSchema

from cierre.contract_tests.cierre.accounts import Accounts
from cierre.contract_tests.cierre.client import Answer, BrokenRule, Client, Silence
from cierre.contract_tests.findings import Scenario
from cierre.contract_tests.limit_fields import limit_states, seconds
from cierre.contract_tests.run import LIMITS, Run

SCENARIO = "the quota of a user"
NEEDED = ("login", "logout")
TOO_MANY = 429
# A minute's quota of a user (document 001), what its window may let in beside it, and seconds of a window.
QUOTA, SPARE, WINDOW = 60, 5, 60
# The device is nobody's: nothing is closed.
NOBODYS = {"deviceId": "cierre-no-such-device"}


def spend(run: Run, schema: OpenApiSchema, accounts: Accounts) -> list[BrokenRule]:
    """Spend a user's quota; another user still has the own one. Returns what was found broken.

    Without several addresses to send from, the quota of the address is spent first, and nothing can be said.
    """
    broken: list[BrokenRule] = []
    names = {operation.name for operation in run.operations}
    if not run.line.addresses.has_others or not names.issuperset(NEEDED):
        return broken
    started, sent = time.monotonic(), len(run.report.exchanges)
    try:
        spent = _spend(Client(run, schema, broken), accounts)
        note = "" if spent else "no limit by user was met, or the server cannot tell addresses apart"
    except BrokenRule:
        note = ""
    except Silence as problem:
        note = f"{problem} got no answer"
    status = "failure" if broken else "skip" if note else "success"
    elapsed = time.monotonic() - started
    run.done(Scenario(SCENARIO, LIMITS, status, len(run.report.exchanges) - sent, elapsed, note))
    return broken


def _spend(client: Client, accounts: Accounts) -> bool:
    client.run.line.addresses.change()
    other = client.call("login", json={"username": accounts.admin_user, "password": accounts.admin_password})
    user = client.call("login", json={"username": accounts.user, "password": accounts.password})
    token = user.at("data", "accessToken")
    answer, answered, moved = user, 0, False
    while answered <= QUOTA + SPARE:
        answer = client.call("logout", token=token, json=NOBODYS)
        if answer.status != TOO_MANY:
            answered, moved = answered + 1, False
        elif _spent(answer) == {"user"} or moved:
            break
        else:
            # That was the quota of the address.
            moved = client.run.line.addresses.change()
    if "user" not in _spent(answer):
        return False
    answer.must(answered <= QUOTA + SPARE, f"A user has {QUOTA} logouts a minute, and {answered} were answered")
    wait = seconds(answer.headers.get("retry-after"))
    answer.must(wait is not None and 1 <= wait <= WINDOW, "Retry-After is longer than the window of a user's quota")
    client.run.line.addresses.change()
    open_to = client.call("logout", token=other.at("data", "accessToken"), json=NOBODYS)
    open_to.must(open_to.status != TOO_MANY, "The quota of a user is spent by another one")
    return True


def _spent(answer: Answer) -> set[str]:
    """The names of the limits of which nothing is left."""
    states = limit_states(lambda name: answer.headers.get(name.lower()))
    return {one.name for one in states.values() if not one.remaining}
