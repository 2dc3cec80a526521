"""Connexion runs security; this makes it fail closed, with the service's own errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from connexion.middleware.security import SecurityAPI, SecurityMiddleware, SecurityOperation
from connexion.operations import AbstractOperation
from connexion.security import BearerSecurityHandler
from starlette.types import Receive, Scope, Send

from cierre.http.request import REQUEST, Request
from cierre.principal import Principal

BearerFunction = Callable[[Request], Awaitable[Principal]]


class Verified:
    """What Connexion's verification takes of its own request, which costs more than all of its verification.

    Attributes:
        request: whose credentials are verified.
        context: Connexion adds who it is.
    """

    __slots__ = ("context", "request")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.context: dict[str, Any] = {}


class FailClosedBearer(BearerSecurityHandler):
    """`x-bearerInfoFunc` gets the request and returns the principal; without a header it fails, too."""

    def _get_verify_func(self, bearer: BearerFunction) -> Callable[[Verified], Awaitable[dict[str, Any]]]:
        async def verify(verified: Verified) -> dict[str, Any]:
            request = verified.request
            request.principal = await bearer(request)
            return {"sub": request.principal.user_id}

        return verify


class VerifiedOperation(SecurityOperation):
    """Connexion's operation of this layer, for `Verified`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.security:
            await self.verification_fn(Verified(scope[REQUEST]))
        await self.next_app(scope, receive, send)


class VerifiedAPI(SecurityAPI):
    """Connexion's way to make one `VerifiedOperation` an operation."""

    def make_operation(self, operation: AbstractOperation) -> SecurityOperation:
        return VerifiedOperation.from_operation(
            operation, next_app=self.next_app, security_handler_factory=self.security_handler_factory
        )


class Security(SecurityMiddleware):
    """After admission, before validation."""

    api_cls = VerifiedAPI


SECURITY_MAP = {"bearer": FailClosedBearer}
