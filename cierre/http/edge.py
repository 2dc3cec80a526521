"""The edge of the service: every request begins and ends here, with a trace id, one answer and one log line."""

from __future__ import annotations

import time
from functools import partial

import structlog
from connexion.exceptions import ProblemException
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cierre.errors import (
    CierreError,
    InternalError,
    MethodNotAllowed,
    RouteNotFound,
    TokenInvalid,
    ValidationFailed,
)
from cierre.http import answers, counting, measuring
from cierre.http.answers import Answer
from cierre.http.conformance import Conformance
from cierre.http.refused import count_refusal
from cierre.http.request import REQUEST, ClientGone, Request
from cierre.rate_limits.limits import Spent
from cierre.server.paths import is_ambiguous, loggable
from cierre.services import Services

_log = structlog.get_logger("cierre.requests")


class Edge:
    """The outermost application of the service.

    Args:
        conformance: checks each answer against the contract; None: answers are not checked.
    """

    def __init__(self, app: ASGIApp, services: Services, conformance: Conformance | None) -> None:
        self._app = app
        self._services = services
        self._conformance = conformance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, self._services)
        scope[REQUEST] = request
        try:
            answer = await self._answer(request, scope, receive, send)
        except ClientGone:
            return
        finally:
            counting.abandon(request)
        if answer is not None:
            await self._send(request, answer, send)

    async def _answer(self, request: Request, scope: Scope, receive: Receive, send: Send) -> Answer | None:
        """The answer; None: a page has sent itself."""
        try:
            _check_host(scope)
            _check_path(request)
            await self._app(scope, receive, partial(self._send_page, request, send))
            await counting.settle(request, None)
            if request.answer is not None:
                answer = request.answer
            elif request.outcome is not None:
                answer = answers.success(request, request.outcome)
            else:
                return None
        except CierreError as error:
            answer = await self._failure(request, error)
        except HTTPException as error:
            answer = await self._failure(request, _routing_error(error))
        except ClientGone:
            raise
        except Exception as error:  # noqa: BLE001 - the last resort: no client gets a traceback
            answer = await self._failure(request, _unexpected(request, error))
        if self._conformance is not None and not request.replayed:
            return await self._conforming(request, answer)
        return answer

    async def _conforming(self, request: Request, answer: Answer) -> Answer:
        assert self._conformance is not None
        violations = self._conformance.violations(request, answer)
        if not violations:
            return answer
        _log.error("answer_breaks_contract", operation=request.operation, status=answer.status, violations=violations)
        return answers.failure(request, InternalError())

    async def _failure(self, request: Request, error: CierreError) -> Answer:
        count_refusal(request, error)
        settled = await counting.settle(request, error)
        assert settled is not None
        request.refusal = settled
        if isinstance(settled, Spent):
            request.standings.append(settled.standing)
        return answers.failure(request, settled)

    async def _send_page(self, request: Request, send: Send, message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), (b"x-trace-id", request.trace_id.encode())]
            measuring.count(request, message["status"])
            _log_request(request, message["status"])
        await send(message)

    async def _send(self, request: Request, answer: Answer, send: Send) -> None:
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
        if answer.body or answer.status not in {204, 304}:
            headers.append((b"content-length", str(len(answer.body)).encode()))
        measuring.count(request, answer.status)
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        body = b"" if request.method == "HEAD" else answer.body
        await send({"type": "http.response.body", "body": body})
        _log_request(request, answer.status)


def _check_host(scope: Scope) -> None:
    """RFC 9112, section 3.2: one Host, no more; HTTP/1.0 may have none."""
    hosts = sum(name == b"host" for name, _ in scope["headers"])
    if hosts > 1 or (hosts == 0 and scope["http_version"] != "1.0"):
        raise ValidationFailed.in_header("Host", f"one Host, not {hosts}")


def _check_path(request: Request) -> None:
    """A path that a proxy in front may have taken for another one is none of ours."""
    if is_ambiguous(request.raw_path):
        raise RouteNotFound


def _log_request(request: Request, status: int) -> None:
    _log.info(
        "request",
        method=request.method,
        path=loggable(request.path),
        operation=request.operation,
        status=status,
        duration_ms=round((time.perf_counter() - request.started) * 1000, 2),
        ip_address=request.caller.ip_address,
        user_id=request.principal.user_id if request.principal else None,
        session_id=request.principal.session_id if request.principal else None,
        trace_id=request.trace_id,
    )


def _routing_error(error: HTTPException) -> CierreError:
    if error.status_code == 404:
        return RouteNotFound()
    if error.status_code == 405:
        allow = (error.headers or {}).get("Allow", "")
        return MethodNotAllowed(sorted(method.strip() for method in allow.split(",") if method.strip()))
    if isinstance(error, ProblemException) and error.status_code == 401:
        return TokenInvalid()
    return InternalError()


def _unexpected(request: Request, error: Exception) -> CierreError:
    _log.error("unexpected_error", trace_id=request.trace_id, operation=request.operation, exc_info=error)
    return InternalError()
