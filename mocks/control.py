"""Routes of the mock itself, under a prefix that no API has: the document as it is served, webhooks on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cierre.mocks.access import Destinations, refusal_of
from cierre.mocks.answering.refusals import MEDIA_TYPE, TOO_LARGE, Refusal, problem
from cierre.mocks.console.board import Board
from cierre.mocks.json_writer import write_json
from cierre.mocks.messages import SESSION, MockReply, MockRequest
from cierre.mocks.options import MockOptions
from cierre.oas.document import Document
from cierre.oas.validation import MalformedBody, decode_json, media
from cierre.server.protection import NO_PAGE

if TYPE_CHECKING:
    from cierre.mocks.state.stateful import Stateful

CONTROL = "/__mock/"
_DOCUMENT = CONTROL + "openapi.json"
DOCS = CONTROL + "docs"
_OAUTH = CONTROL + "oauth/"
_WEBHOOKS = CONTROL + "webhooks/"
_KNOWN = f"the page is at {CONTROL}, all routes stand in {CONTROL}api.json"
_BAD = Refusal(400, (), (), "The mock cannot do that")
_FORBIDDEN = Refusal(403, (), (), "Not allowed")
_UNKNOWN = Refusal(404, (), (), "No such route of the mock")


async def control(
    document: Document, request: MockRequest, options: MockOptions, state: Stateful | None, board: Board
) -> MockReply:
    """`GET /__mock/openapi.json` is the document in one piece, `GET /__mock/docs` its page.

    `/__mock/` is the page of the mock itself; it uses the routes of `/__mock/api.json`.

    `/__mock/oauth/` gives tokens to everybody.

    `POST /__mock/webhooks/NAME` with `{"url": …, "example": …}` sends a webhook of the document there.

    Args:
        document: that the mock answers from.
        request: for a path below `CONTROL`.
        options: who may ask, how large a body may be, and where webhooks may go.
        state: whose routes there are; None: the mock keeps nothing.
        board: what the mock holds for those who look at it.
    """
    refused = refusal_of(request.headers, request.server, options.allowed_hosts)
    if refused is not None:
        return problem(_FORBIDDEN, refused)
    if request.too_large:
        return problem(TOO_LARGE, f"more than {options.max_body} bytes")
    of_state = state.control(request) if state is not None else None
    if of_state is not None:
        return of_state
    if request.path.startswith(_OAUTH):
        return _authorized(request, options)
    if request.path.startswith(_WEBHOOKS) and request.method == "POST":
        return await _ordered(document, request, options)
    known = _shown(document, request, options) if request.method in {"GET", "HEAD"} else None
    return known or await _looked_at(document, request, options, state, board)


def to_page(request: MockRequest) -> MockReply:
    """The way to the page of the mock, for its path without a slash."""
    fields = [(b"location", f"{request.root}{CONTROL}".encode()), (b"content-length", b"0")]
    return MockReply(307, fields, b"", "the page of the mock")


async def _looked_at(
    document: Document, request: MockRequest, options: MockOptions, state: Stateful | None, board: Board
) -> MockReply:
    from cierre.mocks.console import api  # noqa: PLC0415 - most runs are looked at by nobody

    counts = state.counts(request.headers.get(SESSION, "")) if state is not None else None
    return await api.answer(board, document, request, options, counts) or problem(_UNKNOWN, _KNOWN)


async def _ordered(document: Document, request: MockRequest, options: MockOptions) -> MockReply:
    # A page of another site can send text/plain without asking; for JSON a browser asks first.
    content_type = request.headers.get("content-type", "")
    if media.parse(content_type).essence != "application/json":
        return problem(MEDIA_TYPE, f"send application/json, not {content_type[:100] or 'a body without Content-Type'}")
    return await _webhook(document, request, options)


def _authorized(request: MockRequest, options: MockOptions) -> MockReply:
    from cierre.mocks import oauth  # noqa: PLC0415 - most runs give no tokens

    if (request.method, request.path) == ("GET", oauth.AUTHORIZE):
        return oauth.authorize(request, options.token)
    if (request.method, request.path) == ("POST", oauth.TOKEN):
        return oauth.give_token(request, options.token)
    return problem(_UNKNOWN, f"there are GET {oauth.AUTHORIZE} and POST {oauth.TOKEN}")


def _shown(document: Document, request: MockRequest, options: MockOptions) -> MockReply | None:
    path = request.path
    if path == _DOCUMENT:
        return _json(write_json(document.root), "the document")
    if path == DOCS or path.startswith(f"{DOCS}/"):
        from cierre.mocks.docs_page import docs_page  # noqa: PLC0415 - most runs show no page

        at = request.root + DOCS
        return docs_page(document, at, request.root + path, options.base_path) or problem(
            _UNKNOWN, f"the page is at {DOCS}"
        )
    return None


async def _webhook(document: Document, request: MockRequest, options: MockOptions) -> MockReply:
    from cierre.mocks.callbacks import send_webhook  # noqa: PLC0415 - the HTTP client is slow to load

    try:
        given = decode_json(request.body)
        url, example = given["url"], given.get("example")
        # The URL is the caller's, who may use these routes: the document's servers are allowed, too.
        refused = Destinations(document.root, options.callback_hosts).refusal_of(str(url), from_request=False)
        if refused is not None:
            return problem(_FORBIDDEN, refused)
        status = await send_webhook(document, request.path.removeprefix(_WEBHOOKS), str(url), example=example)
    except (MalformedBody, TypeError, KeyError, LookupError, ValueError) as error:
        return problem(_BAD, f'send {{"url": "http://…"}}: {error}')
    return _json(write_json({"status": status}), f"the webhook was answered with {status}")


def _json(body: bytes, why: str) -> MockReply:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), *NO_PAGE]
    return MockReply(200, headers, body, why)
