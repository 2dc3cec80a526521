"""What of a request is counted, once it is answered."""

from __future__ import annotations

import time

from cierre.errors import CierreError
from cierre.http.representation import negotiate
from cierre.http.request import Request
from cierre.metrics.offenders import Kind
from cierre.outcomes import IssuedTokens, LogoutResult, WithHeaders

_LOGOUTS = frozenset({"logout", "logout_by_refresh_token", "logout_by_user_token", "force_logout"})
# By status.
_OFFENCES: dict[int, Kind] = {401: "failed_attempts", 403: "failed_attempts", 429: "rate_limited"}
# Pages, and paths that do not exist.
_NO_OPERATION = "none"


def count(request: Request, status: int) -> None:
    """Count a request and what it closed.

    Args:
        status: that it was answered with.
    """
    metrics = request.services.metrics
    operation = request.operation or _NO_OPERATION
    metrics.requests.labels(operation, str(status)).inc()
    metrics.request_duration.labels(operation).observe(time.perf_counter() - request.started)
    dialect = negotiate(request).dialect if request.closings or operation in _LOGOUTS else ""
    for closing in request.closings:
        metrics.closed(closing, dialect)
    _count_offences(request)
    if request.refusal is not None:
        _count_refusal(request, operation, dialect, request.refusal)
    elif operation == "login" and isinstance(_value(request), IssuedTokens):
        metrics.sessions_opened.inc()
    elif operation in _LOGOUTS and not request.closings and isinstance(_value(request), LogoutResult):
        # Nothing was left to close: a lenient repeat, or a user without sessions.
        metrics.logouts.labels(_type_asked_for(request), "none", dialect, "nothing_to_close", "").inc()


def _count_refusal(request: Request, operation: str, dialect: str, refusal: CierreError) -> None:
    metrics = request.services.metrics
    if refusal.status in {401, 403}:
        metrics.failed_attempts.labels(operation, refusal.code).inc()
    if operation in _LOGOUTS:
        metrics.logouts.labels(_type_asked_for(request), "none", dialect, "failure", refusal.code).inc()


def _count_offences(request: Request) -> None:
    """Count for whoever is behind an alert: a user or an address is no label."""
    refusal, services = request.refusal, request.services
    if refusal is None and not request.closings:
        return
    offenders, at = services.offenders, services.database.clock.now()
    address = request.source
    if refusal is not None:
        kind = _OFFENCES.get(refusal.status)
        if kind is not None:
            offenders.count(kind, "address", address, at=at)
            offenders.count(kind, "user", getattr(refusal, "user_id", None) or request.user_id, at=at)
        return
    closed = sum(len(closing.durations) for closing in request.closings)
    offenders.count("sessions_closed", "address", address, at=at, amount=closed)
    outcome = _value(request)
    if isinstance(outcome, LogoutResult):
        offenders.count("sessions_closed", "user", outcome.user_id, at=at, amount=closed)
    if request.operation == "force_logout" and request.principal is not None:
        offenders.count("forced_logouts", "user", request.principal.user_id, at=at)


def _value(request: Request) -> object:
    outcome = request.outcome
    return outcome.value if isinstance(outcome, WithHeaders) else outcome


def _type_asked_for(request: Request) -> str:
    """What the request would have closed, as far as its body was read."""
    if request.operation == "force_logout":
        return "admin_forced"
    asked = request.json if isinstance(request.json, dict) else {}
    if asked.get("logoutAll") is True:
        return "all_devices"
    return "specific_device" if "deviceId" in asked else "single_device"
