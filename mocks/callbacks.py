"""Callbacks and webhooks: requests that the mock sends, made from the document like answers are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import httpx

from cierre.mocks.documents import METHODS, Document
from cierre.mocks.encoding import encode
from cierre.mocks.examples import examples_of
from cierre.mocks.exchange import Reply, Request
from cierre.mocks.generation.generator import valid_value
from cierre.mocks.log import Log
from cierre.mocks.operation import MockedOperation
from cierre.mocks.preferences import read_preferences
from cierre.oas.validation import MalformedBody, decode_json
from cierre.oas.validation.references import lookup
from cierre.oas.validation.violations import UnresolvableReference

_EXPRESSION = re.compile(r"\{(\$[^{}]+)\}")
_TIMEOUT = 5.0


class Outgoing(NamedTuple):
    """A request to be sent."""

    name: str
    method: str
    url: str
    content_type: str | None
    body: bytes


async def send_callbacks(
    document: Document, operation: MockedOperation, request: Request, reply: Reply, log: Log
) -> None:
    """Send what the operation calls back with, where it succeeded. What fails is noted, never raised."""
    if reply.status >= 300:
        return
    example = read_preferences(request.headers.get("prefer", ""), request.query).callback
    for outgoing in callbacks_of(document, operation, request, reply, example):
        try:
            status = await _send(outgoing)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.trouble(f"callback {outgoing.name} to {outgoing.url}: {type(error).__name__} {error}")
        else:
            log.note(f"callback {outgoing.name}: {outgoing.method} {outgoing.url} → {status}")


async def send_webhook(document: Document, name: str, url: str, *, example: str | None = None) -> int:
    """Send a webhook of the document, and return the status of the answer.

    Raises:
        LookupError: the document has no webhook of that name.
        ValueError: the URL cannot be reached.
    """
    webhooks = document.mapping(document.root.get("webhooks"))
    if name not in webhooks:
        raise LookupError(f"no webhook {name!r}; there are: {', '.join(webhooks) or 'none'}")
    outgoing = next(_requests(document, name, url, document.mapping(webhooks[name]), example))
    try:
        return await _send(outgoing)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ValueError(f"{url}: {type(error).__name__} {error}") from None


async def _send(outgoing: Outgoing) -> int:
    headers = {"content-type": outgoing.content_type} if outgoing.content_type else {}
    async with httpx.AsyncClient(timeout=_TIMEOUT) as client:
        answer = await client.request(outgoing.method, outgoing.url, headers=headers, content=outgoing.body)
    return answer.status_code


def callbacks_of(
    document: Document, operation: MockedOperation, request: Request, reply: Reply, example: str | None = None
) -> Iterator[Outgoing]:
    """The callbacks of an operation, their URLs filled in; one whose URL the request does not give is left out."""
    for name, written in document.mapping(operation.operation.node.get("callbacks")).items():
        for expression, path_item in document.mapping(written).items():
            url = fill(str(expression), request, reply)
            if url is not None:
                yield from _requests(document, str(name), url, document.mapping(path_item), example)


def _requests(
    document: Document, name: str, url: str, path_item: Mapping[str, Any], example: str | None
) -> Iterator[Outgoing]:
    for method in METHODS:
        node = document.mapping(path_item.get(method))
        if not node:
            continue
        content = document.mapping(document.mapping(node.get("requestBody")).get("content"))
        if not content:
            yield Outgoing(name, method.upper(), url, None, b"")
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
        yield Outgoing(name, method.upper(), url, str(key), encode(document, value, str(key), schema))


def fill(expression: str, request: Request, reply: Reply) -> str | None:
    """A URL from runtime expressions, `{$request.body#/url}?id={$response.body#/id}`; None where a part is missing."""
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


def _evaluate(expression: str, request: Request, reply: Reply) -> Any:
    fixed = {"$url": request.url, "$method": request.method, "$statusCode": reply.status}
    if expression in fixed:
        return fixed[expression]
    source, _, place = expression.partition(".")
    kind, _, rest = place.partition("#") if place.startswith("body") else place.partition(".")
    if kind == "body":
        return _member(_body(request) if source == "$request" else reply.value, rest)
    if kind == "header":
        name = rest.lower()
        return request.headers.get(name) if source == "$request" else reply.header(name.encode()) or None
    if kind == "query":
        return next(iter(parse_qs(request.query.decode("latin-1")).get(rest, [])), None)
    return None


def _body(request: Request) -> Any:
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
