"""From an outcome or an error to the answer, in the representation that the request gets."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any, NamedTuple

import orjson

from cierre.clock import now_ms
from cierre.dialects import problem, successes
from cierre.dialects.rendering import FailureContext, Rendered
from cierre.errors import (
    CierreError,
    ClientAuthenticationFailed,
    MethodNotAllowed,
    SessionAlreadyClosed,
    TokenInvalid,
    Unauthorized,
    UnsupportedMediaType,
)
from cierre.http.cookies import EXPIRED
from cierre.http.representation import DIALECTS, Representation, negotiate
from cierre.http.request import Request
from cierre.outcomes import NO_STORE, LogoutResult, Outcome, StandardDocument, Value, WithHeaders
from cierre.rate_limits.limits import fields
from cierre.settings import Settings

LOGOUTS = frozenset({"logout", "logout_by_refresh_token", "logout_by_user_token"})
DEPRECATED = frozenset({"/logout", "/api/auth/logout"})
_VARY = ("Vary", "Accept, Accept-Language, Prefer")

Fields = list[tuple[str, str]]


class Answer(NamedTuple):
    """What is sent to the client."""

    status: int
    headers: Fields
    body: bytes


def success(request: Request, outcome: Outcome) -> Answer:
    """Render what the handler returned."""
    value, own = (outcome.value, outcome.headers) if isinstance(outcome, WithHeaders) else (outcome, ())
    headers = [*common(request), *own]
    if isinstance(value, StandardDocument):
        return _document(value, headers)
    representation = negotiate(request)
    rendered = _rendered(request, value, representation)
    if isinstance(value, LogoutResult):
        applied = _applied(request)
        if applied:
            headers.append(("Preference-Applied", ", ".join(applied)))
        if "return=minimal" in applied:
            rendered = Rendered(204, None)
    return _answer(rendered, representation, headers)


def failure(request: Request, error: CierreError) -> Answer:
    """Render an error."""
    if isinstance(error, (Unauthorized, ClientAuthenticationFailed)) and error.client_id is not None:
        request.client_id = error.client_id
    representation = negotiate(request)
    context = FailureContext(representation.language, request.trace_id, request.sent_path, now_ms())
    rendered = DIALECTS[representation.dialect].failure(error, context)
    if representation.choice.problem and representation.dialect not in {"oauth", "plain"} and rendered.status >= 400:
        # The client asked for this form; the status remains the dialect's decision.
        rendered = problem.failure(error, context, rendered.status)
    headers = [*common(request), *_fields(error, rendered.status)]
    if representation.dialect == "oauth":
        headers.extend(NO_STORE)
    succeeds = isinstance(error, SessionAlreadyClosed) and rendered.status == 200
    if succeeds and request.prefer.get("return") == "minimal":
        headers.append(("Preference-Applied", "return=minimal"))
        rendered = Rendered(204, None)
    return _answer(rendered, representation, headers)


def common(request: Request) -> Fields:
    """The header fields of every answer to this request."""
    headers = [("X-Trace-Id", request.trace_id), _VARY]
    if request.method in {"GET", "HEAD"} and request.access is not None and request.access.source.startswith("bearer"):
        # A user's sessions, the audit trail: not for the cache of a shared machine.
        headers.extend(NO_STORE)
    headers.extend(fields(request.standings))
    if request.path in DEPRECATED:
        headers.extend(_deprecation(request.services.settings))
    return headers


def _fields(error: CierreError, status: int) -> Fields:
    """The header fields of an error, whatever the dialect.

    Args:
        status: that the dialect answers with.
    """
    # RFC 9110, section 15.5.2: a 401 always has a challenge.
    challenge = error.challenge or (TokenInvalid.challenge if status == 401 else None)
    fields = [("WWW-Authenticate", challenge)] if challenge else []
    if error.retry_after is not None:
        fields.append(("Retry-After", str(error.retry_after)))
    if isinstance(error, MethodNotAllowed):
        fields.append(("Allow", ", ".join(error.allow)))
    if isinstance(error, UnsupportedMediaType):
        fields.append(("Accept-Post", ", ".join(error.supported)))
    if error.clear_cookie:
        fields.extend(EXPIRED)
    return fields


def _rendered(request: Request, value: Value, representation: Representation) -> Rendered:
    operation = request.operation or ""
    if isinstance(value, LogoutResult) and operation in LOGOUTS:
        return DIALECTS[representation.dialect].success(value, representation.language)
    return successes.success(operation, value, representation.language)


def has_rendering(operation: str) -> bool:
    """Whether the success of an operation under /api/v1 has a rendering."""
    return operation in LOGOUTS or operation in successes.SUCCESSES


def _answer(rendered: Rendered, representation: Representation, headers: Fields) -> Answer:
    if rendered.body is None:
        return Answer(rendered.status, headers, b"")
    headers.append(("Content-Type", rendered.media_type or representation.choice.media_type))
    headers.append(("Content-Language", representation.language))
    return Answer(rendered.status, headers, orjson.dumps(rendered.body))


def _document(document: StandardDocument, headers: Fields) -> Answer:
    body: Any = document.body
    if body is None:
        return Answer(document.status, headers, b"")
    headers.append(("Content-Type", document.media_type))
    return Answer(document.status, headers, body if isinstance(body, bytes) else orjson.dumps(body))


def _deprecation(settings: Settings) -> Fields:
    """RFC 9745, RFC 8594, RFC 8288."""
    return [
        ("Deprecation", f"@{settings.deprecated_since // 1000}"),
        ("Sunset", formatdate(settings.sunset / 1000, usegmt=True)),
        ("Link", '</api/v1/auth/logout>; rel="successor-version"'),
    ]


def _applied(request: Request) -> list[str]:
    """The preferences that the answer honours (RFC 7240, section 3)."""
    applied = []
    if request.may_be_empty and request.prefer.get("return") == "minimal":
        applied.append("return=minimal")
    if request.operation in LOGOUTS and request.lenient:
        applied.append("handling=lenient")
    return applied
