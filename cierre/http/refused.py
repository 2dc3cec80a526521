"""Which errors are refusals that the audit trail counts, and whom they concern."""

from __future__ import annotations

from cierre.domain.refusals import Refusal
from cierre.errors import CierreError, ClientAuthenticationFailed, Forbidden, LoginFailed
from cierre.http.request import Request
from cierre.principal import ANONYMOUS, Actor


def count_refusal(request: Request, error: CierreError) -> None:
    """Count the error for the audit trail, if it is a refusal."""
    if isinstance(error, LoginFailed):
        event = "login_failed" if request.principal is None else "password_change_failed"
        actor = Actor("user", request.principal.user_id) if request.principal else ANONYMOUS
    elif isinstance(error, Forbidden):
        event = "access_refused"
        actor = Actor("user", error.user_id) if error.user_id else ANONYMOUS
    elif isinstance(error, ClientAuthenticationFailed):
        event, actor = "client_authentication_failed", ANONYMOUS
    else:
        return
    user_id = getattr(error, "user_id", None)
    request.services.refusals.count(
        Refusal(event, user_id, request.operation or ""),
        request.caller.acting_as(actor),
        request.source,
    )
