"""What is decided before authentication: limits by address, size, media type (429, 413, 415)."""

from __future__ import annotations

from typing import Any

from connexion.middleware.abstract import ROUTING_CONTEXT, RoutedAPI, RoutedMiddleware
from connexion.operations import AbstractOperation
from starlette.types import ASGIApp, Receive, Scope, Send

from cierre.errors import PayloadTooLarge, UnsupportedMediaType
from cierre.http import counting
from cierre.http.declared import declared_access, plain_id
from cierre.http.idempotency import HEADER
from cierre.http.request import REQUEST, ClientGone, Request
from cierre.principal import AccessRule


class AdmissionOperation:
    """One operation's admission, decided at start: who may call it, which limits count it, which types it reads."""

    def __init__(self, operation: AbstractOperation, access: AccessRule, next_app: ASGIApp) -> None:
        self.next_app = next_app
        self._operation_id = plain_id(operation)
        self._access = access
        self._supported = list(operation.request_body.get("content", {}))
        self._keeps_answers = any(one["name"].lower() == HEADER for one in operation.parameters)
        self._optional = not operation.request_body.get("required", False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request: Request = scope[REQUEST]
        request.operation, request.access = self._operation_id, self._access
        request.keeps_answers = self._keeps_answers
        await counting.before_authentication(request)
        request.body = await read_body(receive, request)
        if self._has_no_body(request):
            request.body = b""
        if request.body and self._supported:
            self._check_media_type(request)
        await self.next_app(scope, receive, send)

    def _has_no_body(self, request: Request) -> bool:
        """Decision 5: where no body is required, `null` is none, with or without a Content-Type."""
        return self._optional and "content-type" not in request.headers and request.body.strip() in {b"", b"null"}

    def _check_media_type(self, request: Request) -> None:
        essence = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if essence not in self._supported:
            raise UnsupportedMediaType(self._supported)


async def read_body(receive: Receive, request: Request) -> bytes:
    """The whole body, by Content-Length or chunked.

    Raises:
        PayloadTooLarge: it is larger than the service reads; what is left is not read.
        ClientGone: the client closed the connection in the middle of it.
    """
    limit = request.services.settings.max_body
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > limit:
        raise PayloadTooLarge(limit)
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise PayloadTooLarge(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


class AdmissionAPI(RoutedAPI[AdmissionOperation]):
    """Connexion's way to make one `AdmissionOperation` an operation."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_paths()

    def make_operation(self, operation: AbstractOperation) -> AdmissionOperation:
        return AdmissionOperation(operation, declared_access(self.specification.raw, operation), self.next_app)


class AdmissionMiddleware(RoutedMiddleware[AdmissionAPI]):
    """Before security."""

    api_cls = AdmissionAPI


class Unrouted:
    """What no operation answers: the pages, or 404."""

    def __init__(self, app: ASGIApp, pages: ASGIApp) -> None:
        self._app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["extensions"][ROUTING_CONTEXT]["operation_id"] is None:
            await self._pages(scope, receive, send)
        else:
            await self._app(scope, receive, send)
