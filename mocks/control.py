"""Routes of the mock itself, under a prefix that no API has: the document as it is served, webhooks on demand."""

from __future__ import annotations

from cierre.mocks.answering.refusals import Refusal, problem
from cierre.mocks.documents import Document
from cierre.mocks.json_writer import write_json
from cierre.mocks.messages import MockReply, MockRequest
from cierre.oas.validation import MalformedBody, decode_json

CONTROL = "/__mock/"
_DOCUMENT = CONTROL + "openapi.json"
_WEBHOOKS = CONTROL + "webhooks/"
_BAD = Refusal(400, (), (), "The mock cannot do that")
_UNKNOWN = Refusal(404, (), (), "No such route of the mock")


async def control(document: Document, request: MockRequest) -> MockReply:
    """`GET /__mock/openapi.json` is the document in one piece.

    `POST /__mock/webhooks/NAME` with `{"url": …, "example": …}` sends a webhook of the document there.

    Args:
        document: that the mock answers from.
        request: for a path below `CONTROL`.
    """
    if request.path == _DOCUMENT and request.method == "GET":
        return _json(write_json(document.root), "the document")
    if not request.path.startswith(_WEBHOOKS) or request.method != "POST":
        return problem(_UNKNOWN, f"there are GET {_DOCUMENT} and POST {_WEBHOOKS}NAME")
    from cierre.mocks.callbacks import send_webhook  # noqa: PLC0415 - the HTTP client is slow to load

    try:
        given = decode_json(request.body)
        status = await send_webhook(
            document, request.path.removeprefix(_WEBHOOKS), given["url"], example=given.get("example")
        )
    except (MalformedBody, TypeError, KeyError, LookupError, ValueError) as error:
        return problem(_BAD, f'send {{"url": "http://…"}}: {error}')
    return _json(write_json({"status": status}), f"the webhook was answered with {status}")


def _json(body: bytes, why: str) -> MockReply:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    return MockReply(200, headers, body, why)
