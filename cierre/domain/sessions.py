"""Sessions: closing them, listing them, and whether one may still be used."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from cierre.domain import closing, suspicion
from cierre.domain.context import OperationContext
from cierre.errors import (
    DeviceSessionNotFound,
    SessionAlreadyClosed,
    SessionUnknown,
    TokenInvalid,
    TokenRevoked,
    UserNotFound,
)
from cierre.outcomes import LogoutResult, SessionList, UserSession
from cierre.principal import Principal
from cierre.storage.repositories import audit, sanctum, sessions, users
from cierre.storage.rows import SessionRow, SessionTimesRow

# The event of an audit row that closes nothing.
SUSPICIOUS_CHANGE = "suspicious_change"


class Use(NamedTuple):
    """What came of a session's use.

    Attributes:
        session: as it is afterwards; of requests at the same time one gets it so.
        reason: to close it, `suspicious_ip` or `suspicious_user_agent`; None: there is none.
    """

    session: SessionRow
    reason: str | None = None


async def logout(
    context: OperationContext,
    principal: Principal,
    *,
    logout_all: bool = False,
    device_id: str | None = None,
    lenient: bool = False,
) -> LogoutResult:
    """Close the caller's session, all of the caller's sessions, or those on one device.

    Args:
        principal: of the calling session, be it closed or not.
        logout_all: close all sessions of the user.
        device_id: close the sessions on this device instead of the calling one.
        lenient: a session that is closed already is no error (RFC 7240, section 4.4).

    Raises:
        SessionAlreadyClosed: the calling session is closed.
        DeviceSessionNotFound: the user has no open session on that device.
        TokenInvalid: the calling session does not exist.
    """
    try:
        if logout_all:
            return await _logout_all(context, principal)
        if device_id is not None:
            return await _logout_device(context, principal, device_id)
        return await _logout_one(context, principal)
    except SessionAlreadyClosed as repeat:
        if not lenient:
            raise
        return await _nothing_left(context, principal, repeat.closed_at)


async def force_logout(context: OperationContext, *, user_id: str, reason: str) -> LogoutResult:
    """Close every session of any user, as an administrator.

    Args:
        reason: the administrator's own text, kept in the audit trail.

    Raises:
        UserNotFound: there is no such user.
    """
    if await users.by_id(context.tx, user_id) is None:
        raise UserNotFound(user_id)
    return await closing.close_all(context, user_id, closing.by_administrator(reason))


async def list_sessions(context: OperationContext, principal: Principal) -> SessionList:
    """The caller's open sessions, newest first, and which one is calling (document 003, "Revisar sesiones activas")."""
    rows = await sessions.open_of(context.tx, principal.user_id)
    return SessionList(tuple(_user_session(row, principal) for row in rows))


async def get_session(
    context: OperationContext, principal: Principal, *, session_id: str, calling: SessionRow | None = None
) -> UserSession:
    """One of the caller's sessions, active or closed. One whose time is over is closed before it is shown.

    Args:
        calling: the caller's own, as `require_open` has just returned it; None: it is read.

    Raises:
        SessionUnknown: the user has no session with this id.
    """
    if calling is not None and calling["id"] == session_id:
        return _user_session(calling, principal)
    session = await sessions.find(context.tx, principal.user_id, session_id)
    if session is None:
        raise SessionUnknown(session_id)
    reason = end_reason(context, session) if session["closed_at"] is None else None
    if reason is not None:
        await closing.close_one(context, principal.user_id, session_id, closing.automatic(reason))
        return await get_session(context, principal, session_id=session_id)
    return _user_session(session, principal)


async def require_open(context: OperationContext, principal: Principal, *, by_holder: bool = True) -> SessionRow:
    """The caller's session, as it is once its use is recorded, with time and place.

    Args:
        by_holder: the request is from the token's holder; otherwise it is from a resource server, which has another
            address.

    Raises:
        TokenRevoked: the session is closed, or had to be now: idle for too long, too old, or used from elsewhere.
    """
    session = await sessions.find(context.tx, principal.user_id, principal.session_id)
    return await used_if_open(context, session, by_holder=by_holder)


async def used_if_open(context: OperationContext, session: SessionRow | None, *, by_holder: bool) -> SessionRow:
    """As `require_open`, of a session that was read a moment ago; None: there is no such session."""
    if session is None or session["closed_at"] is not None:
        raise TokenRevoked
    reason = end_reason(context, session)
    use = Use(session, reason) if reason else await record_use(context, session, by_holder=by_holder)
    if use.reason is not None:
        await closing.close_one(context, session["user_id"], session["id"], closing.automatic(use.reason))
        raise TokenRevoked
    return use.session


def suspicion_of_use(context: OperationContext, session: SessionRow) -> str | None:
    """As `suspicion.suspicion` has it, where the installation looks for it; otherwise None."""
    if context.settings.suspicious_change == "off":
        return None
    return suspicion.suspicion(session, context.caller)


async def record_use(context: OperationContext, session: SessionRow, *, by_holder: bool = True) -> Use:
    """Record when and from where a session is used, once a minute and when it moves.

    Args:
        by_holder: as for `require_open`.
    """
    suspect = suspicion_of_use(context, session) if by_holder else None
    if suspect is not None and context.settings.suspicious_change == "close":
        return Use(session, suspect)
    if suspect is None and context.now - session["last_seen_at"] < suspicion.RECORDED_EVERY:
        return Use(session)
    address, agent = context.caller.ip_address, context.caller.user_agent
    if not by_holder:
        address, agent = session["ip_address"], session["user_agent"]
    async with context.tx.atomic():
        # Of requests that come together from the new place, one records it.
        used = await sessions.record_use(context.tx, session, ip_address=address, user_agent=agent)
        if used and session["token_id"] is not None:
            await sanctum.mark_used(context.tx, session["token_id"])
        if used and suspect is not None:
            await audit.add(context.tx, event=SUSPICIOUS_CHANGE, reason=suspect, caller=context.caller, session=session)
    return Use(used or session)


def end_reason(context: OperationContext, session: SessionTimesRow) -> str | None:
    """The reason to close an open session, `inactivity` or `expired`; None: there is none."""
    if session["expires_at"] <= context.now:
        return "expired"
    if session["last_seen_at"] + context.settings.idle_timeout <= context.now:
        return "inactivity"
    return None


async def _logout_one(context: OperationContext, principal: Principal) -> LogoutResult:
    result = await closing.close_one(context, principal.user_id, principal.session_id, closing.SINGLE_DEVICE)
    if not result.sessions_closed:
        raise await _not_open(context, principal)
    return result


async def _logout_device(context: OperationContext, principal: Principal, device_id: str) -> LogoutResult:
    await _require_not_closed(context, principal)
    result = await closing.close_device(context, principal.user_id, device_id, closing.SPECIFIC_DEVICE)
    if not result.sessions_closed:
        active = await sessions.count_open(context.tx, principal.user_id)
        raise DeviceSessionNotFound(device_id=device_id, active_sessions=active)
    return result


async def _logout_all(context: OperationContext, principal: Principal) -> LogoutResult:
    # A second "all" waits for the first, and then finds its own session closed.
    still_open = partial(_require_not_closed, context, principal)
    return await closing.close_all(context, principal.user_id, closing.ALL_DEVICES, require=still_open)


async def _require_not_closed(context: OperationContext, principal: Principal) -> None:
    session = await sessions.find(context.tx, principal.user_id, principal.session_id)
    if session is None:
        raise TokenInvalid
    if session["closed_at"] is not None:
        raise SessionAlreadyClosed(closed_at=session["closed_at"])


async def _not_open(context: OperationContext, principal: Principal) -> Exception:
    """Why nothing was closed: another request was faster, or there is no such session any more."""
    session = await sessions.find(context.tx, principal.user_id, principal.session_id)
    if session is None or session["closed_at"] is None:
        return TokenInvalid()
    return SessionAlreadyClosed(closed_at=session["closed_at"])


async def _nothing_left(context: OperationContext, principal: Principal, closed_at: int) -> LogoutResult:
    user = await users.by_id(context.tx, principal.user_id)
    active = await sessions.count_open(context.tx, principal.user_id)
    email = user["email"] if user else ""
    return LogoutResult(0, (), "single_device", closed_at, principal.user_id, email, active)


def _user_session(row: SessionRow, principal: Principal) -> UserSession:
    return UserSession(
        session_id=row["id"],
        device_id=row["device_id"],
        client_id=row["client_id"],
        created_at=row["created_at"],
        last_seen_at=row["last_seen_at"],
        ip_address=row["ip_address"],
        user_agent=row["user_agent"],
        current=row["id"] == principal.session_id,
        closed_at=row["closed_at"],
        logout_reason=row["logout_reason"],
    )
