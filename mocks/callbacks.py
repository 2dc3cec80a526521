"""Callbacks and webhooks: requests that the mock sends, with bodies made as those of replies are."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import httpx

from cierre.mocks.access import Destinations
from cierre.mocks.answering.bodies import encode_with_type
from cierre.mocks.answering.examples import examples_of
from cierre.mocks.answering.operation import MockedOperation
from cierre.mocks.generation.values import valid_value
from cierre.mocks.log import Log
from cierre.mocks.messages import MockReply, MockRequest
from cierre.mocks.preferences import read_preferences
from cierre.oas.document import Document
from cierre.oas.references import UnresolvableReference, lookup
from cierre.oas.structure import METHODS
from cierre.oas.validation import MalformedBody, decode_json
from cierre.phrases import Phrase

# An expression whose host no request can change.
_FIXED_HOST = re.compile(r"https?://[^/{}\\?#@]+(?=[/?#]|\Z)")
_EXPRESSION = re.compile(r"\{(\$[^{}]+)\}")
# Seconds, from the connection to the status of the answer.
_TIMEOUT = 5.0


class OutgoingRequest(NamedTuple):
    """A request that the mock sends.

    Attributes:
        name: of the callback or webhook.
        from_request: the host of its URL was named by a request, not by the document.
    """

    name: str
    method: str
    url: str
    content_type: str | None
    body: bytes
    from_request: bool = True


async def send_callbacks(
    operation: MockedOperation, request: MockRequest, reply: MockReply, log: Log, hosts: Iterable[str] = ()
) -> None:
    """Send the callbacks of an operation that succeeded. Failures are logged, never raised.

    Args:
        operation: with the callbacks.
        request: that the operation answered; runtime expressions refer to it.
        reply: of the operation.
        log: for a line a callback.
        hosts: that callbacks may go to, beside this machine and the document's servers.
    """
    if reply.status >= 300:
        return
    example = read_preferences(request.headers.get("prefer", ""), request.query).callback
    destinations = Destinations(operation.document.root, hosts)
    for outgoing in callbacks_of(operation, request, reply, example):
        refused = destinations.refusal_of(outgoing.url, from_request=outgoing.from_request)
        if refused is not None:
            log.add_warning(Phrase("callback {name} is not sent: {reason}", name=outgoing.name, reason=refused))
            continue
        try:
            status = await _send(outgoing)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            reason = f"{type(error).__name__} {error}"
            log.add_warning(
                Phrase("callback {name} to {url}: {reason}", name=outgoing.name, url=outgoing.url, reason=reason)
            )
        else:
            sent = f"{outgoing.method} {outgoing.url}"
            log.add_note(
                Phrase("callback {name}: {request} → {status}", name=outgoing.name, request=sent, status=status)
            )


async def send_webhook(document: Document, name: str, url: str, *, example: str | None = None) -> int:
    """Send a webhook of the document, and return the status of the response.

    Args:
        document: with the webhook.
        name: of the webhook.
        url: to send it to.
        example: the name of the example to send; the first one where it is None or unknown.

    Raises:
        LookupError: the document has no webhook of that name.
        ValueError: the URL is malformed or cannot be reached within 5 seconds.
    """
    webhooks = webhooks_of(document)
    if name not in webhooks:
        raise LookupError(f"no webhook {name!r}; there are: {', '.join(webhooks) or 'none'}")
    outgoing = next(_requests(document, name, url, document.mapping(webhooks[name]), example))
    try:
        return await _send(outgoing)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise ValueError(f"{url}: {type(error).__name__} {error}") from None


def webhooks_of(document: Document) -> dict[str, Any]:
    """The webhooks of a document by name: `webhooks`, and `x-webhooks`, which documents before OpenAPI 3.1 have."""
    return {**document.mapping(document.root.get("x-webhooks")), **document.mapping(document.root.get("webhooks"))}


async def _send(outgoing: OutgoingRequest) -> int:
    headers = {"content-type": outgoing.content_type} if outgoing.content_type else {}
    # A redirect would lead elsewhere than was allowed, and a body may have no end: only the status is read.
    async with (
        asyncio.timeout(_TIMEOUT),
        httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False) as client,
        client.stream(outgoing.method, outgoing.url, headers=headers, content=outgoing.body) as answer,
    ):
        return answer.status_code


def callbacks_of(
    operation: MockedOperation, request: MockRequest, reply: MockReply, example: str | None = None
) -> Iterator[OutgoingRequest]:
    """The callbacks of an operation as requests; those whose URL lacks a part are left out.

    Args:
        operation: with the callbacks.
        request: that the operation answered.
        reply: of the operation.
        example: the name of the example to send; the first one where it is None or unknown.
    """
    document = operation.document
    for name, written in document.mapping(operation.operation.node.get("callbacks")).items():
        for expression, path_item in document.mapping(written).items():
            url = fill(str(expression), request, reply)
            if url is not None:
                fixed = _FIXED_HOST.match(str(expression)) is not None
                for outgoing in _requests(document, str(name), url, document.mapping(path_item), example):
                    yield outgoing._replace(from_request=not fixed)


def _requests(
    document: Document, name: str, url: str, path_item: Mapping[str, Any], example: str | None
) -> Iterator[OutgoingRequest]:
    for method in METHODS:
        node = document.mapping(path_item.get(method))
        if not node:
            continue
        content = document.mapping(document.mapping(node.get("requestBody")).get("content"))
        if not content:
            yield OutgoingRequest(name, method.upper(), url, None, b"")
            continue
        key, media = next(iter(content.items()))
        media = document.mapping(media)
        examples = examples_of(document, media)
        schema = media.get("schema", {})
        if example in examples:
            value = examples[example]
        elif examples:
            value = next(iter(examples.values()))
        else:
            value, _ = valid_value(document, document.requests, schema, seed=name)
        body, content_type = encode_with_type(document, value, str(key), media)
        yield OutgoingRequest(name, method.upper(), url, content_type, body)


def fill(expression: str, request: MockRequest, reply: MockReply) -> str | None:
    """A URL with its runtime expressions filled in, such as `{$request.body#/url}?id={$response.body#/id}`.

    Args:
        expression: a single runtime expression, or a text with some in braces.
        request: that `$request` refers to.
        reply: that `$response` refers to.

    Returns:
        The URL; None where the request or the reply has no value for an expression.
    """
    if expression.startswith("$"):
        expression = f"{{{expression}}}"
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        found = _evaluate(match[1], request, reply)
        missing = missing or found is None
        return "" if found is None else str(found)

    url = _EXPRESSION.sub(value, expression)
    return None if missing else url


def _evaluate(expression: str, request: MockRequest, reply: MockReply) -> Any:
    fixed = {"$url": request.url, "$method": request.method, "$statusCode": reply.status}
    if expression in fixed:
        return fixed[expression]
    source, _, location = expression.partition(".")
    kind, _, rest = location.partition("#") if location.startswith("body") else location.partition(".")
    if kind == "body":
        return _member(_body(request) if source == "$request" else reply.value, rest)
    if kind == "header":
        name = rest.lower()
        return request.headers.get(name) if source == "$request" else reply.header(name.encode()) or None
    if kind == "query":
        return next(iter(parse_qs(request.query.decode("latin-1")).get(rest, [])), None)
    return None


def _body(request: MockRequest) -> Any:
    if "form" in request.headers.get("content-type", ""):
        return {name: values[0] for name, values in parse_qs(request.body.decode("latin-1")).items()}
    try:
        return decode_json(request.body)
    except MalformedBody:
        return None


def _member(value: Any, pointer: str) -> Any:
    try:
        return lookup(value, "#" + pointer)
    except UnresolvableReference:
        return None
