"""The API of the page: api.yaml says which routes there are, and what may be sent to them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import yaml

from cierre.mocks.answering.refusals import MALFORMED, MEDIA_TYPE, Refusal, problem
from cierre.mocks.console.asked import Asked, json_reply
from cierre.mocks.console.board import Board
from cierre.mocks.console.handlers import HANDLERS
from cierre.mocks.console.page import page
from cierre.mocks.messages import MockReply, MockRequest
from cierre.mocks.options import MockOptions
from cierre.mocks.router import Match, Router
from cierre.oas.document import Document
from cierre.oas.validation import RequestValidator, UnsupportedMediaType, Validated

API = "/__mock/api.json"
_WRONG_METHOD = Refusal(405, (), (), "No such method")


class _Api(NamedTuple):
    document: Document
    router: Router
    validators: dict[str, RequestValidator]


@lru_cache(maxsize=1)
def _api() -> _Api:
    root = yaml.safe_load((Path(__file__).parent / "api.yaml").read_text(encoding="utf-8"))
    document = Document(root, "api.yaml")
    validators = {
        one.name: RequestValidator(root, one.path, one.method, compiler=document.requests, strict_query=True)
        for one in document.operations()
    }
    return _Api(document, Router(document), validators)


async def answer(
    board: Board, document: Document, request: MockRequest, options: MockOptions, counts: dict[str, int] | None
) -> MockReply | None:
    """The reply to a request for the page or its API; None where there is no such route.

    Args:
        board: what the mock holds for those who look.
        document: that the mock answers from.
        request: of somebody who may use the mock's own routes.
        options: of the mock.
        counts: how many things each collection has; None where the mock keeps no state.
    """
    method = "get" if request.method == "HEAD" else request.method.lower()
    shown_page = _page(request) if method == "get" else None
    if shown_page is not None:
        return shown_page
    found = _api().router.find(method, request.path, request.query)
    if isinstance(found, list):
        return _wrong_method(found) if found else None
    handler = HANDLERS.get(found.operation.name)
    if handler is None:
        return None
    read = _read(found, request)
    if isinstance(read, MockReply):
        return read
    values = {name: value for place in read.parameters.values() for name, value in place.items()}
    return await handler(Asked(board, document, options, counts, values, read.body))


def _page(request: MockRequest) -> MockReply | None:
    if request.path == API:
        return json_reply(_api().document.root)
    return page(request.path, request.headers.get("accept-language", ""))


def _read(found: Match, request: MockRequest) -> Validated | MockReply:
    """The request as the API's document reads it, or why it cannot be read."""
    validator = _api().validators[found.operation.name]
    content_type = request.headers.get("content-type")
    try:
        read = validator.validate(found.parameters, request.query, request.headers, content_type, request.body)
    except UnsupportedMediaType as error:
        return problem(MEDIA_TYPE, f"send {', '.join(error.supported)}")
    if not read.violations:
        return read
    detail = "; ".join(f"{one.location}{one.pointer}: {one.message}" for one in read.violations[:3])
    return problem(MALFORMED, detail, violations=read.violations)


def _wrong_method(methods: list[str]) -> MockReply:
    allowed = ", ".join(name.upper() for name in methods)
    return problem(_WRONG_METHOD, f"there is {allowed}", headers=[(b"allow", allowed.encode())])
