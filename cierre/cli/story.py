"""What `cierre demo` plays: one user closes two devices, seen on two nodes, in the audit trail and in the outbox."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from gettext import gettext as _
from typing import Any, NamedTuple, TypeAlias

import httpx
import orjson

from cierre.cli.demo_data import PASSWORD, USERS
from cierre.cli.language import asked
from cierre.cli.two_nodes import TwoNodes
from cierre.events.cloudevents import event
from cierre.storage.database import open_url
from cierre.storage.repositories import outbox

_LOGIN, _LOGOUT, _SESSIONS = "/api/v1/auth/login", "/api/v1/auth/logout", "/api/v1/auth/sessions"
_USER_ID, _USER = USERS[0][:2]
_ADMIN = USERS[2][1]
# Characters of a token that are shown.
_SHOWN = 12
# A node may start slowly on a machine that is busy.
_PATIENCE = 60

Json: TypeAlias = dict[str, Any]


class Exchange(NamedTuple):
    """A request and its answer, as they are shown.

    Attributes:
        label: in front of them, such as a dialect's name; may be empty.
        request: method, node and path, with what matters of header and body.
        status: None: it was no request.
        body: the answer's; an empty one is "".
    """

    label: str
    request: str
    status: int | None
    body: str


class Scene(NamedTuple):
    """A step of the story: a heading, and what was exchanged."""

    title: str
    exchanges: list[Exchange]


def scenes(nodes: TwoNodes) -> Iterator[Scene]:
    """The story, step by step: each is done when it is asked for.

    Raises:
        httpx.HTTPError: a node does not answer.
    """
    yield Scene(
        _("Two nodes on one database"),
        [Exchange(f"{_('node')} {name}", f"cierre serve, {url}", None, "") for name, url in nodes.urls.items()],
    )
    with httpx.Client(timeout=_PATIENCE) as client:
        story = _Story(client, nodes)
        yield Scene(_("Two devices log in: a phone at A, a laptop at B"), story.logins())
        yield Scene(_("At A, too, the laptop's token is good: two sessions are open"), [story.look("A")])
        yield Scene(_("The phone closes every session, at A"), [story.close_all()])
        refused = story.look("B")
        title = _("The laptop's token is refused, at B: {ms} ms after A's answer").format(ms=story.since_closed())
        yield Scene(title, [refused])
        yield Scene(_("The audit trail has a row for each session"), [story.audit()])
        yield Scene(_("An event waits in the outbox until a message queue takes it"), [story.event()])
        yield Scene(_("The phone logs out a second time: the same outcome in five dialects"), story.five_dialects())


class _Story:
    """The requests, and the tokens that they need."""

    def __init__(self, client: httpx.Client, nodes: TwoNodes) -> None:
        self._client = client
        self._nodes = nodes
        self._tokens: dict[str, Json] = {}
        self._closed = 0.0

    def logins(self) -> list[Exchange]:
        return [self._login("phone", at="A"), self._login("laptop", at="B")]

    def look(self, node: str) -> Exchange:
        """The laptop asks for its user's sessions."""
        answer = self._send("GET", node, _SESSIONS, device="laptop")
        if answer.is_success:
            sessions = [
                {"deviceId": one["deviceId"], "current": one["current"]} for one in answer.json()["data"]["sessions"]
            ]
            return _shown(f"GET {node}{_SESSIONS}", answer, {"sessions": sessions})
        return _shown(f"GET {node}{_SESSIONS}", answer)

    def close_all(self) -> Exchange:
        body = {"logoutAll": True}
        answer = self._send("POST", "A", _LOGOUT, device="phone", json=body)
        self._closed = time.monotonic()
        return _shown(f"POST A{_LOGOUT} {_text(body)}", answer)

    def since_closed(self) -> int:
        """Milliseconds."""
        return round((time.monotonic() - self._closed) * 1000)

    def audit(self) -> Exchange:
        self._login("admin", at="B", username=_ADMIN)
        path = "/api/v1/admin/audit-events?limit=2"
        answer = self._send("GET", "B", path, device="admin")
        kept = ("event", "deviceId", "logoutType", "reason", "actor", "traceId")
        events = [{name: one[name] for name in kept} for one in answer.json()["data"]["events"]]
        return _shown(f"GET B{path}", answer, {"events": events})

    def event(self) -> Exchange:
        """The first closing in the outbox, as a CloudEvent."""

        async def waiting() -> bytes:
            database = open_url(self._nodes.database_url)
            await database.open()
            try:
                async with database.connect() as tx:
                    rows = await outbox.oldest(tx, "queue", limit=100)
            finally:
                await database.close()
            closed = next(row for row in rows if row["type"] == "session.closed")
            return event(closed, source=self._nodes.issuer).body

        return Exchange("", "outbox", None, asyncio.run(waiting()).decode())

    def five_dialects(self) -> list[Exchange]:
        """The phone's tokens are of a closed session: what each audience is told then."""
        shared = [self._again(dialect) for dialect in ("session", "envelope", "respuesta")]
        phone = self._tokens["phone"]
        dto = self._send("POST", "A", "/api/auth/logout", json={"refreshToken": phone["refreshToken"]})
        plain = self._send("POST", "A", "/logout", json={"user_id": _USER_ID, "token": phone["accessToken"]})
        return [
            *shared,
            _shown("POST A/api/auth/logout", dto, label="dto"),
            _shown("POST A/logout", plain, label="plain"),
        ]

    def _again(self, dialect: str) -> Exchange:
        accept = f"application/vnd.cierre.{dialect}+json"
        answer = self._send("POST", "A", _LOGOUT, device="phone", accept=accept)
        return _shown(f"POST A{_LOGOUT} Accept: {accept}", answer, label=dialect)

    def _login(self, device: str, *, at: str, username: str = _USER) -> Exchange:
        body = {"username": username, "password": PASSWORD, "deviceId": device}
        answer = self._send("POST", at, _LOGIN, json=body)
        answer.raise_for_status()
        data = answer.json()["data"]
        self._tokens[device] = data
        kept = {"accessToken": _short(data["accessToken"]), "sessionId": data["sessionId"]}
        return _shown(f"POST {at}{_LOGIN} {_text({'username': username, 'deviceId': device})}", answer, kept)

    def _send(
        self, method: str, node: str, path: str, *, device: str = "", accept: str = "*/*", json: Json | None = None
    ) -> httpx.Response:
        headers = {"Accept": accept, "Accept-Language": asked(os.environ), "User-Agent": device or "cierre demo"}
        if device:
            headers["Authorization"] = f"Bearer {self._tokens[device]['accessToken']}"
        return self._client.request(method, self._nodes.urls[node] + path, headers=headers, json=json)


def _shown(request: str, answer: httpx.Response, part: Json | None = None, *, label: str = "") -> Exchange:
    """`part`: what is shown of a long answer; None: all of it."""
    return Exchange(label, request, answer.status_code, answer.text if part is None else _text(part))


def _text(value: Json) -> str:
    return orjson.dumps(value).decode()


def _short(token: str) -> str:
    return f"{token[:_SHOWN]}…"
