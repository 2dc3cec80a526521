"""Routes of the mock itself, under a prefix that no API has: webhooks on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cierre.validation import MalformedBody, decode_json
from mocks.encoding import dump
from mocks.exchange import Reply, Request
from mocks.refusals import Refusal, problem

if TYPE_CHECKING:
    from mocks.app import MockApp

CONTROL = "/__mock/"
_WEBHOOKS = CONTROL + "webhooks/"
_BAD = Refusal(400, (), (), "The mock cannot do that")
_UNKNOWN = Refusal(404, (), (), "No such route of the mock")


async def control(app: MockApp, request: Request) -> Reply:
    """`POST /__mock/webhooks/NAME` with `{"url": …, "example": …}` sends a webhook of the document there."""
    if not request.path.startswith(_WEBHOOKS) or request.method != "POST":
        return problem(_UNKNOWN, f"there is POST {_WEBHOOKS}NAME")
    from mocks.callbacks import send_webhook  # noqa: PLC0415 - the HTTP client is loaded when it is needed

    try:
        wish = decode_json(request.body)
        status = await send_webhook(
            app.document, request.path.removeprefix(_WEBHOOKS), wish["url"], example=wish.get("example")
        )
    except (MalformedBody, TypeError, KeyError, LookupError, ValueError) as error:
        return problem(_BAD, f'send {{"url": "http://…"}}: {error}')
    body = dump({"status": status})
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    return Reply(200, headers, body, f"the webhook was answered with {status}")
