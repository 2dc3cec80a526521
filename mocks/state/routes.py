"""The routes of the state: what is kept can be shown, replaced and reset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cierre.mocks.answering.refusals import MEDIA_TYPE, Refusal, problem
from cierre.mocks.json_writer import write_json
from cierre.mocks.messages import SESSION, MockReply, MockRequest
from cierre.mocks.state.store import Full
from cierre.mocks.state.things import Things
from cierre.oas.validation import MalformedBody, decode_json, media
from cierre.server.protection import NO_PAGE

RESET = "/__mock/reset"
STATE = "/__mock/state"
_BAD = Refusal(400, (), (), "The mock cannot keep that")
_WRONG_METHOD = Refusal(405, (), (), "No such method")


def control(things: Things, request: MockRequest) -> MockReply | None:
    """`GET /__mock/state` is all that is kept, `PUT` keeps other things, `POST /__mock/reset` begins anew.

    Args:
        things: that are kept.
        request: of somebody who may use the mock's own routes.
    """
    if request.path not in {RESET, STATE}:
        return None
    session = request.headers.get(SESSION, "")
    if request.path == RESET:
        return _reset(things, session) if request.method == "POST" else _wrong_method(b"POST")
    things.enter(session)
    if request.method in {"GET", "HEAD"}:
        return _json(write_json(things.everything()), "all that is kept")
    return _replaced(things, request) if request.method == "PUT" else _wrong_method(b"GET, HEAD, PUT")


def _reset(things: Things, session: str) -> MockReply:
    things.reset(session)
    return MockReply(204, [*NO_PAGE], b"", "the state begins anew")


def _replaced(things: Things, request: MockRequest) -> MockReply:
    # A page of another site can send text/plain without asking; for JSON a browser asks first.
    if media.parse(request.headers.get("content-type", "")).essence != "application/json":
        return problem(MEDIA_TYPE, "send application/json")
    try:
        given = decode_json(request.body)
        mistake = _mistake(things, given)
        if mistake:
            return problem(_BAD, mistake)
        things.replace_all(given)
    except MalformedBody as error:
        return problem(_BAD, error.message)
    except Full as full:
        return problem(_BAD, str(full))
    return MockReply(204, [*NO_PAGE], b"", "another state")


def _mistake(things: Things, given: Any) -> str:
    """What is wrong with a state that is to be kept, "" where nothing is."""
    if not isinstance(given, Mapping):
        return 'send {"COLLECTION": [{…}, …]}'
    known = things.model.resources
    for name, rows in given.items():
        if name not in known:
            return f"no collection is named {name[:100]!r}; there are {', '.join(known)}"[:2000]
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            return f"{name} is no list of objects"
    return ""


def _wrong_method(allowed: bytes) -> MockReply:
    return problem(_WRONG_METHOD, f"there is {allowed.decode()}", headers=[(b"allow", allowed)])


def _json(body: bytes, why: str) -> MockReply:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), *NO_PAGE]
    return MockReply(200, headers, body, why)
