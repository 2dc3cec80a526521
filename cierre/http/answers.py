"""From an outcome or an error to the answer, in the dialect, language and media type that the request gets."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate
from types import MappingProxyType
from typing import Any, NamedTuple, cast

import orjson

from cierre.clock import now_ms
from cierre.dialects import dto, envelope, oauth, plain, problem, respuesta, session, successes
from cierre.dialects.catalogue import SUCCESS, Language
from cierre.dialects.negotiation import ANYTHING, Choice, choose, language
from cierre.dialects.rendering import JSON, Context, Dialect, Rendered
from cierre.errors import CierreError, SessionAlreadyClosed, TokenInvalid, Unauthorized
from cierre.http.request import Request
from cierre.outcomes import NO_STORE, Document, LogoutResult, Outcome, SessionState, Success
from cierre.settings import Settings
from cierre.tokens.opaque import split_sanctum

DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        name: cast("Dialect", module)
        for name, module in {
            "session": session,
            "envelope": envelope,
            "respuesta": respuesta,
            "dto": dto,
            "plain": plain,
            "problem": problem,
            "oauth": oauth,
        }.items()
    }
)
LOGOUTS = frozenset({"logout", "logout_by_refresh_token", "logout_by_user_token"})
DEPRECATED = frozenset({"/logout", "/api/auth/logout"})
_VARY = ("Vary", "Accept, Accept-Language, Prefer")


class Answer(NamedTuple):
    """What goes over the wire."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Voice(NamedTuple):
    """How this request is answered."""

    dialect: str
    choice: Choice
    language: Language


def voice(request: Request) -> Voice:
    """The dialect by path, Accept, client, host, in this order (the contract's README, "The dialects")."""
    name = _dialect_of_path(request.path)
    accept = request.headers.get("accept")
    choice = choose(accept, vendors=name == "session") if accept else ANYTHING
    if name == "session":
        name = choice.vendor or _pinned(request) or _of_host(request) or name
    spoken = request.headers.get("accept-language")
    default = DIALECTS[name].DEFAULT_LANGUAGE
    return Voice(name, choice, language(spoken, default) if spoken else default)


def success(request: Request, outcome: Outcome) -> Answer:
    """Render an outcome."""
    manner = voice(request)
    headers = [*common(request), *outcome.headers]
    if isinstance(outcome, Document):
        return _document(outcome, headers)
    rendered = _rendered(request, outcome, manner)
    if isinstance(outcome, LogoutResult):
        applied = _applied(request)
        if applied:
            headers.append(("Preference-Applied", ", ".join(applied)))
        if "return=minimal" in applied:
            rendered = Rendered(204, None)
    return _answer(rendered, manner, headers)


def failure(request: Request, error: CierreError) -> Answer:
    """Render an error."""
    if isinstance(error, Unauthorized) and error.client_id is not None:
        request.client_id = error.client_id
    manner = voice(request)
    context = Context(manner.language, request.trace_id, request.sent_path, now_ms())
    rendered = DIALECTS[manner.dialect].failure(error, context)
    if manner.choice.problem and manner.dialect not in {"oauth", "plain"} and rendered.status >= 400:
        # The form is the client's wish; the status is the dialect's decision.
        rendered = problem.failure(error, context, rendered.status)
    headers = [*common(request), *error.headers.items()]
    if manner.dialect == "oauth":
        headers.extend(NO_STORE)
    if rendered.status == 401 and "WWW-Authenticate" not in error.headers:
        # RFC 9110, section 15.5.2: a 401 always says how to do better.
        headers.append(("WWW-Authenticate", TokenInvalid.challenge or "Bearer"))
    succeeds = isinstance(error, SessionAlreadyClosed) and rendered.status == 200
    if succeeds and request.prefer.get("return") == "minimal":
        headers.append(("Preference-Applied", "return=minimal"))
        rendered = Rendered(204, None)
    return _answer(rendered, manner, headers)


def _rendered(request: Request, outcome: LogoutResult | SessionState | Success, manner: Voice) -> Rendered:
    if isinstance(outcome, SessionState):
        return successes.success(request.operation or "", outcome, manner.language)
    if isinstance(outcome, Success):
        body = {"success": True, "message": SUCCESS[outcome.operation](manner.language), "data": outcome.data}
        return Rendered(200, body)
    if request.operation in LOGOUTS:
        return DIALECTS[manner.dialect].success(outcome, manner.language)
    rendered = session.success(outcome, manner.language)
    words = SUCCESS.get(request.operation or "")
    if words is not None and rendered.body is not None:
        rendered.body["message"] = words(manner.language)
    return rendered


def has_rendering(operation: str) -> bool:
    """Whether the success of an operation under /api/v1 has words and a shape."""
    return operation in LOGOUTS or operation in SUCCESS or operation in successes.SUCCESSES


def _answer(rendered: Rendered, manner: Voice, headers: list[tuple[str, str]]) -> Answer:
    if rendered.body is None:
        return Answer(rendered.status, headers, b"")
    headers.append(("Content-Type", rendered.media_type or manner.choice.media_type))
    headers.append(("Content-Language", manner.language))
    return Answer(rendered.status, headers, orjson.dumps(rendered.body))


def _document(outcome: Document, headers: list[tuple[str, str]]) -> Answer:
    body: Any = outcome.body
    if body is None:
        return Answer(outcome.status, headers, b"")
    headers.append(("Content-Type", JSON))
    return Answer(outcome.status, headers, body if isinstance(body, bytes) else orjson.dumps(body))


def common(request: Request) -> list[tuple[str, str]]:
    """The header fields of every answer to this request."""
    headers = [("X-Trace-Id", request.trace_id), _VARY]
    if request.standings:
        headers.extend(request.limit_fields())
    if request.path in DEPRECATED:
        headers.extend(_deprecation(request.services.settings))
    return headers


def _deprecation(settings: Settings) -> list[tuple[str, str]]:
    """RFC 9745, RFC 8594, RFC 8288."""
    return [
        ("Deprecation", f"@{settings.deprecated_since // 1000}"),
        ("Sunset", formatdate(settings.sunset / 1000, usegmt=True)),
        ("Link", '</api/v1/auth/logout>; rel="successor-version"'),
    ]


def _applied(request: Request) -> list[str]:
    applied = []
    if request.may_be_empty and request.prefer.get("return") == "minimal":
        applied.append("return=minimal")
    if request.operation in LOGOUTS and request.lenient:
        applied.append("handling=lenient")
    return applied


def _dialect_of_path(path: str) -> str:
    if path.startswith("/api/v1/"):
        return "session"
    if path == "/logout":
        return "plain"
    if path.startswith("/api/auth/"):
        return "dto"
    return "oauth" if path.startswith("/oauth2/") else "problem"


def _of_host(request: Request) -> str | None:
    """The host's dialect; an entry without a port is any port."""
    host = request.headers.get("host", "").lower()
    table = request.services.settings.host_dialects
    # `api.example.com.` is the same host, said in full.
    return table.get(host) or table.get(host.partition(":")[0].removesuffix("."))


def _pinned(request: Request) -> str | None:
    """The dialect of the token's client, also where the token was refused, as long as its signature holds."""
    if request.client_id is None:
        request.client_id = _client_of(request)
    return request.services.clients.dialect(request.client_id)


def _client_of(request: Request) -> str:
    """What was refused before security has looked at it: 413, 415, 429 by address."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or split_sanctum(token):
        return ""
    try:
        return request.services.issuer.tokens.verify(token.strip()).principal.client_id
    except TokenInvalid:
        return ""
