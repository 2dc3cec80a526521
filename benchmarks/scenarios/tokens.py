"""What else a token goes through: it is checked, asked about, given out at login, exchanged at refresh."""

import base64
from collections.abc import Sequence
from functools import partial
from itertools import repeat

from benchmarks import load
from benchmarks.load import Load, Request
from benchmarks.peers.ours import Cierre, CierreMinimal, user
from benchmarks.plan import Plan
from benchmarks.rounds import Json, interleave
from benchmarks.scenarios.contest import FEW, Contestant
from cierre.domain.passwords import Passwords
from cierre.tokens.opaque import digest

PASSWORD = "cierre-benchmark"
RESOURCE_SERVER = "benchmark-resource"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
LOGINS_A_SECOND, REFRESHES_A_SECOND = 200, 3000


def measure(contestants: Sequence[Contestant], plan: Plan) -> Json:
    """Return `{"check": {peer: [load]}, "introspection": {…}, "refresh"…, "login": {"cierre": [load]}}`."""
    print("  check of an access token over HTTP")
    checking = {one.peer.name: one for one in contestants if one.peer.name != CierreMinimal.name}
    servers = {name: one.server for name, one in checking.items()}
    check = interleave({name: _checking(one, plan) for name, one in checking.items()}, plan.rounds, servers)
    print("  introspection, refresh, login")
    ours = checking[Cierre.name]
    assert isinstance(ours.peer, Cierre)
    _register(ours.peer)
    measures = {
        "introspection": partial(_repeat, ours, _introspection(ours.peer), plan),
        "refresh": partial(_refresh, ours, plan),
        "login": partial(_login, ours, plan),
    }
    return {"check": check, **interleave(measures, plan.rounds)}


def _checking(one: Contestant, plan: Plan) -> partial[Load]:
    (ticket,) = one.peer.mint(1)
    return partial(_repeat, one, ticket.use, plan)


def _repeat(one: Contestant, request: Request, plan: Plan) -> Load:
    return load.repeat(one.server.port, request, connections=FEW, seconds=plan.seconds)


def _register(peer: Cierre) -> None:
    """A user with a password, and a client that may introspect."""
    hashed = Passwords().hash_now(PASSWORD)
    peer.store.execute(f"UPDATE users SET password_hash = '{hashed}' WHERE id = '{user(0)}'")
    peer.store.load(
        "clients", ["id", "dialect", "secret_hash", "created_at"], [[RESOURCE_SERVER, None, digest(PASSWORD), 0]]
    )


def _introspection(peer: Cierre) -> Request:
    (opened,) = peer.open_sessions([user(1)])
    basic = base64.b64encode(f"{RESOURCE_SERVER}:{PASSWORD}".encode()).decode()
    return Request(
        "POST", "/oauth2/introspect", {**FORM, "Authorization": f"Basic {basic}"}, f"token={opened.access_token}"
    )


def _login(one: Contestant, plan: Plan) -> Load:
    """Each is waited for, so that no password is still being checked when the clock has stopped."""
    body = f'{{"username":"user0@example.com","password":"{PASSWORD}"}}'
    logins = repeat(Request("POST", "/api/v1/auth/login", JSON, body).raw(), round(LOGINS_A_SECOND * plan.seconds))
    return load.once_each(one.server.port, logins, connections=FEW, seconds=plan.seconds)


def _refresh(one: Contestant, plan: Plan) -> Load:
    assert isinstance(one.peer, Cierre)
    opened = one.peer.open_sessions([user(n % 1000) for n in range(round(REFRESHES_A_SECOND * plan.seconds) + 100)])
    one.store.settle()
    requests = (
        Request("POST", "/api/v1/auth/refresh", JSON, f'{{"refreshToken":"{each.refresh_token}"}}') for each in opened
    )
    return load.once_each(
        one.server.port, (request.raw() for request in requests), connections=FEW, seconds=plan.seconds
    )
