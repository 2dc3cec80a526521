"""Routes of the mock itself, under a prefix that no API has: the document as it is served, webhooks on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cierre.mocks.encoding import dump
from cierre.mocks.exchange import Reply, Request
from cierre.mocks.refusals import Refusal, problem
from cierre.oas.validation import MalformedBody, decode_json

if TYPE_CHECKING:
    from cierre.mocks.app import MockApp

CONTROL = "/__mock/"
_DOCUMENT = CONTROL + "openapi.json"
_WEBHOOKS = CONTROL + "webhooks/"
_BAD = Refusal(400, (), (), "The mock cannot do that")
_UNKNOWN = Refusal(404, (), (), "No such route of the mock")


async def control(app: MockApp, request: Request) -> Reply:
    """`GET /__mock/openapi.json` is the document in one piece.

    `POST /__mock/webhooks/NAME` with `{"url": …, "example": …}` sends a webhook of the document there.
    """
    if request.path == _DOCUMENT and request.method == "GET":
        return _json(dump(app.document.root), "the document")
    if not request.path.startswith(_WEBHOOKS) or request.method != "POST":
        return problem(_UNKNOWN, f"there are GET {_DOCUMENT} and POST {_WEBHOOKS}NAME")
    from cierre.mocks.callbacks import send_webhook  # noqa: PLC0415 - the HTTP client is loaded when it is needed

    try:
        wish = decode_json(request.body)
        status = await send_webhook(
            app.document, request.path.removeprefix(_WEBHOOKS), wish["url"], example=wish.get("example")
        )
    except (MalformedBody, TypeError, KeyError, LookupError, ValueError) as error:
        return problem(_BAD, f'send {{"url": "http://…"}}: {error}')
    return _json(dump({"status": status}), f"the webhook was answered with {status}")


def _json(body: bytes, why: str) -> Reply:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    return Reply(200, headers, body, why)
