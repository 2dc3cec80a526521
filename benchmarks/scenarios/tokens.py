"""What else a token goes through: it is checked, asked about, given out at login, exchanged at refresh."""

import base64
from functools import partial

from benchmarks import load
from benchmarks.load import Load, Request
from benchmarks.peers.ours import Cierre, user
from benchmarks.plan import Plan
from benchmarks.rounds import Json, interleave
from benchmarks.scenarios.logout import FEW, ON_POSTGRESQL, Contestant, contest
from cierre import passwords
from cierre.tokens import digest

PASSWORD = "cierre-benchmark"
RESOURCE_SERVER = "benchmark-resource"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
CHECKING = tuple(peer for peer in ON_POSTGRESQL if peer.name != "cierre_204")


def measure(plan: Plan) -> Json:
    """Return `{"check": {peer: [load]}, "introspection"…, "login"…, "refresh": {"cierre": [load]}}`."""
    with contest(CHECKING, workers=1) as contestants:
        ours = contestants[0]
        assert isinstance(ours.peer, Cierre)
        _register(ours.peer)
        print("  check of an access token over HTTP")
        servers = {one.peer.name: one.server for one in contestants}
        check = interleave({one.peer.name: _checking(one, plan) for one in contestants}, plan.rounds, servers)
        print("  introspection, login, refresh")
        measures = {
            "introspection": partial(_repeat, ours, _introspection(ours.peer), plan),
            "login": partial(_repeat, ours, _login(), plan),
            "refresh": partial(_refresh, ours, plan),
        }
        return {"check": check, **interleave(measures, plan.rounds)}


def _checking(one: Contestant, plan: Plan) -> partial[Load]:
    (ticket,) = one.peer.mint(1)
    return partial(_repeat, one, ticket.use, plan)


def _repeat(one: Contestant, request: Request, plan: Plan) -> Load:
    one.store.pin()
    return load.repeat(one.server.port, request, connections=FEW, seconds=plan.seconds)


def _register(peer: Cierre) -> None:
    """A user with a password, and a client that may introspect."""
    hashed = passwords.hash_now(PASSWORD)
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


def _login() -> Request:
    body = f'{{"username":"user0@example.com","password":"{PASSWORD}"}}'
    return Request("POST", "/api/v1/auth/login", JSON, body)


def _refresh(one: Contestant, plan: Plan) -> Load:
    assert isinstance(one.peer, Cierre)
    opened = one.peer.open_sessions([user(n % 1000) for n in range(round(one.guess * 3 * plan.seconds) + 100)])
    one.store.settle()
    one.store.pin()
    requests = (
        Request("POST", "/api/v1/auth/refresh", JSON, f'{{"refreshToken":"{each.refresh_token}"}}') for each in opened
    )
    found = load.once_each(
        one.server.port, (request.raw() for request in requests), connections=FEW, seconds=plan.seconds
    )
    one.guess = found.rate
    return found
