"""Whether the password was proven recently enough for what is asked (RFC 9470, step-up authentication)."""

from __future__ import annotations

from cierre.domain.context import OperationContext
from cierre.errors import ReauthenticationRequired
from cierre.principal import Principal
from cierre.storage.repositories import audit, sessions
from cierre.storage.rows import SessionRow
from cierre.tokens.opaque import sanctum_session_id


def proven_at(session: SessionRow) -> int | None:
    """When the session's user last proved the password: at the login that opened it, whatever was refreshed since.

    Returns:
        Milliseconds since the epoch; None: not known, since Laravel made the session's token.
    """
    token_id = session["token_id"]
    if token_id is not None and session["id"] == sanctum_session_id(token_id):
        return None
    return session["created_at"]


async def require_recent(context: OperationContext, principal: Principal) -> None:
    """Ask for a login that is not older than `reauthenticate_within`, if the operator wants one.

    Raises:
        ReauthenticationRequired: the caller's session began earlier, or nobody knows when the password was proven.
    """
    limit = context.settings.reauthenticate_within
    if limit is None:
        return
    session = await sessions.find(context.tx, principal.user_id, principal.session_id)
    proven = None if session is None else proven_at(session)
    if proven is None or context.now - proven > limit:
        raise ReauthenticationRequired(max_age=max(1, limit // 1000))


async def require_recent_for_another_user(context: OperationContext, principal: Principal, *, user_id: str) -> None:
    """Ask the same of an administrator who forces out another user within that time; one user is an emergency.

    Args:
        user_id: of the user who is to be forced out.

    Raises:
        ReauthenticationRequired: as `require_recent`.
    """
    limit = context.settings.reauthenticate_within
    if limit is None:
        return
    since = context.now - limit
    if await audit.has_forced_out(context.tx, principal.user_id, except_user_id=user_id, since=since):
        await require_recent(context, principal)
