"""Connexion runs security; this makes it fail closed, with the service's own errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from connexion.lifecycle import ConnexionRequest
from connexion.security import BearerSecurityHandler

from cierre.http.request import REQUEST, Request
from cierre.principal import Principal

BearerFunction = Callable[[Request], Awaitable[Principal]]


class FailClosedBearer(BearerSecurityHandler):
    """`x-bearerInfoFunc` gets the request and returns the principal; without a header it fails, too."""

    def _get_verify_func(self, bearer: BearerFunction) -> Callable[[ConnexionRequest], Awaitable[dict[str, Any]]]:
        async def verify(connexion_request: ConnexionRequest) -> dict[str, Any]:
            request: Request = connexion_request.scope[REQUEST]
            request.principal = await bearer(request)
            return {"sub": request.principal.user_id}

        return verify


SECURITY_MAP = {"bearer": FailClosedBearer}
