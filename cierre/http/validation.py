"""Requests against the contract (400), credentials in body or cookie (401, 403), and Accept against what can be
answered (406).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware
from connexion.operations import AbstractOperation
from starlette.types import ASGIApp, Receive, Scope, Send

from cierre.errors import NotAcceptable, RequestViolation, UnsupportedMediaType, ValidationFailed
from cierre.http.declared import declared_access
from cierre.http.principals import Resolver, body_resolver, check_members
from cierre.http.representation import negotiate
from cierre.http.request import REQUEST, Request
from cierre.oas import validation
from cierre.oas.validation import RequestValidator


class ValidationOperation:
    """One operation's validator, compiled at start."""

    def __init__(
        self, operation: AbstractOperation, validator: RequestValidator, resolver: Resolver | None, next_app: ASGIApp
    ) -> None:
        self.next_app = next_app
        self._validator = validator
        # A blank body is no body where none is required (documents 001 and 003 send its Content-Type all the same).
        self._optional = not operation.request_body.get("required", False)
        self._offered = _success_types(operation.responses)
        # Metrics are a text, and whoever asks for another form gets that one (RFC 9110, section 12.4.1).
        self._is_negotiated = any(media_type.endswith("json") for media_type in self._offered)
        # Where the credential is in the body, the body is read before authentication.
        self._resolver = resolver

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request: Request = scope[REQUEST]
        body = b"" if self._optional and not request.body.strip() else request.body
        try:
            validated = self._validator.validate(
                scope.get("path_params", {}),
                scope["query_string"],
                request.headers,
                request.headers.get("content-type"),
                body,
            )
        except validation.UnsupportedMediaType as refused:
            raise UnsupportedMediaType(refused.supported) from None
        if validated.violations:
            raise ValidationFailed(
                [RequestViolation(one.location, one.pointer, one.message) for one in validated.violations]
            )
        request.json = validated.body
        request.parameters = validated.parameters
        if self._resolver is not None:
            request.principal = await self._resolver(request)
        check_members(request)
        if self._is_negotiated and "accept" in request.headers and not negotiate(request).choice.acceptable:
            raise NotAcceptable(self._offered)
        await self.next_app(scope, receive, send)


def _success_types(responses: Mapping[str, Any]) -> list[str]:
    """The media types that a success can have; where it has no body, JSON is what a failure would have."""
    types: dict[str, None] = {}
    for status, response in responses.items():
        if status.startswith("2"):
            types.update(dict.fromkeys(response.get("content", {})))
    return list(types) or ["application/json"]


class ValidationAPI(RoutedAPI[ValidationOperation]):
    """Connexion's way to make one `ValidationOperation` an operation."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._compiler = validation.SchemaCompiler(self.specification.raw, version="3.0", direction="request")
        self.add_paths()

    def make_operation(self, operation: AbstractOperation) -> ValidationOperation:
        validator = RequestValidator(self.specification.raw, operation.path, operation.method, compiler=self._compiler)
        resolver = body_resolver(declared_access(self.specification.raw, operation))
        return ValidationOperation(operation, validator, resolver, self.next_app)


class ValidationMiddleware(RoutedMiddleware[ValidationAPI]):
    """After security, before the handler."""

    api_cls = ValidationAPI
