"""Closing sessions: one function an operation, each reads as the sentence that it carries out."""

from __future__ import annotations

from typing import Any

from cierre.clock import rfc3339
from cierre.domain import closing, suspicion
from cierre.domain.context import OperationContext
from cierre.errors import DeviceSessionNotFound, SessionAlreadyClosed, TokenInvalid, TokenRevoked, UserNotFound
from cierre.outcomes import LogoutResult, LogoutType, Success
from cierre.principal import Principal
from cierre.storage.repositories import audit, closings, sanctum, sessions, users
from cierre.storage.repositories.closings import Closed, ClosingReason
from cierre.storage.rows import SessionKeyRow, SessionRow, SessionTimesRow

SINGLE_DEVICE = ClosingReason("single_device", "user_logout", "user_initiated")
SPECIFIC_DEVICE = ClosingReason("specific_device", "user_logout", "user_initiated")
ALL_DEVICES = ClosingReason("all_devices", "user_logout", "user_initiated")

# The event of an audit row that closes nothing.
SUSPICIOUS_CHANGE = "suspicious_change"


def automatic(reason: str) -> ClosingReason:
    """Nobody asked: `inactivity`, `expired`, `suspicious_ip`, `suspicious_user_agent`, `password_change`."""
    return ClosingReason("automatic", "security_logout", reason)


async def logout(
    context: OperationContext,
    principal: Principal,
    *,
    logout_all: bool = False,
    device_id: str | None = None,
    lenient: bool = False,
) -> LogoutResult:
    """Close the caller's session, all sessions of his, or those of one of his devices.

    Args:
        lenient: a session that is closed already is no error (RFC 7240, section 4.4).

    Raises:
        SessionAlreadyClosed: the caller's session is closed.
        DeviceSessionNotFound: he has no open session on that device.
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

    Raises:
        UserNotFound: there is no such user.
    """
    user = await users.by_id(context.tx, user_id)
    if user is None:
        raise UserNotFound(user_id)
    why = ClosingReason("admin_forced", "admin_logout", reason)
    return _result(context, why, user_id, user["email"], await close_all(context, user_id, why))


async def list_sessions(context: OperationContext, principal: Principal) -> Success:
    """The caller's open sessions, newest first, and which one is asking (document 003, "Revisar sesiones activas")."""
    rows = await sessions.open_of(context.tx, principal.user_id)
    return Success("list_sessions", {"sessions": [_listed(row, principal) for row in rows]})


async def require_open(context: OperationContext, principal: Principal, *, by_holder: bool = True) -> SessionRow:
    """The caller's session; that it is used, and from where, is noted.

    Args:
        by_holder: the token's holder asks; otherwise a resource server does for him, from an address of its own.

    Raises:
        TokenRevoked: it is closed, or had to be now: idle for too long, too old, or used from elsewhere.
    """
    session = await sessions.find(context.tx, principal.user_id, principal.session_id)
    if session is None or session["closed_at"] is not None:
        raise TokenRevoked
    reason = end_reason(context, session) or await record_use(context, session, by_holder=by_holder)
    if reason is not None:
        await close_one(context, session, automatic(reason))
        raise TokenRevoked
    return session


async def record_use(context: OperationContext, session: SessionRow, *, by_holder: bool = True) -> str | None:
    """Write down when and from where a session is used, once a minute and when it moves.

    Returns:
        Why it has to be closed: `suspicious_ip`, `suspicious_user_agent`; None: it has not.
    """
    mode = context.settings.suspicious_change
    suspect = suspicion.suspicion(session, context.caller) if by_holder and mode != "off" else None
    if suspect is not None and mode == "close":
        return suspect
    if suspect is None and context.now - session["last_seen_at"] < suspicion.NOTED_EVERY:
        return None
    address, agent = context.caller.ip_address, context.caller.user_agent
    if not by_holder:
        address, agent = session["ip_address"], session["user_agent"]
    async with context.tx.atomic():
        # Of requests that come together from the new place, one notes it.
        first = await sessions.record_use(context.tx, session, ip_address=address, user_agent=agent)
        if first and session["token_id"] is not None:
            await sanctum.mark_used(context.tx, session["token_id"])
        if first and suspect is not None:
            await audit.add(context.tx, event=SUSPICIOUS_CHANGE, reason=suspect, caller=context.caller, session=session)
    return None


def end_reason(context: OperationContext, session: SessionTimesRow) -> str | None:
    """Why an open session has to end: `inactivity`, `expired`; None: it has not."""
    if session["expires_at"] <= context.now:
        return "expired"
    if session["last_seen_at"] + context.settings.idle_timeout <= context.now:
        return "inactivity"
    return None


async def close_one(context: OperationContext, session: SessionKeyRow, why: ClosingReason) -> Closed:
    """Close one session, whoever wants it; nothing happens if it is closed already."""
    user_id = session["user_id"]
    closed = await closings.close_one(context.tx, user_id, session["id"], why, context.caller, context.denied_until)
    closing.announce(context, user_id, closed, why)
    return closed


async def close_all(context: OperationContext, user_id: str, why: ClosingReason) -> Closed:
    """Close all sessions of a user: a fixed number of statements, and one mark for the other nodes."""
    async with context.tx.atomic():
        await users.advance_epoch(context.tx, user_id)
        closed = await closings.close_all(context.tx, user_id, why, context.caller, context.denied_until)
    closing.announce(context, user_id, closed, why)
    return closed


async def close_others(context: OperationContext, principal: Principal, why: ClosingReason) -> LogoutResult:
    """Close all sessions of the caller but the one that asks."""
    user_id = principal.user_id
    closed = await closings.close_others(
        context.tx, user_id, principal.session_id, why, context.caller, context.denied_until
    )
    closing.announce(context, user_id, closed, why)
    return _result(context, why, user_id, closed.email, closed)


async def _logout_one(context: OperationContext, principal: Principal) -> LogoutResult:
    closed = await closings.close_one(
        context.tx, principal.user_id, principal.session_id, SINGLE_DEVICE, context.caller, context.denied_until
    )
    if not closed.rows:
        raise await _already_closed(context, principal)
    closing.announce(context, principal.user_id, closed, SINGLE_DEVICE)
    return _result(context, SINGLE_DEVICE, principal.user_id, closed.email, closed)


async def _logout_device(context: OperationContext, principal: Principal, device_id: str) -> LogoutResult:
    await _require_not_closed(context, principal)
    user_id = principal.user_id
    closed = await closings.close_device(
        context.tx, user_id, device_id, SPECIFIC_DEVICE, context.caller, context.denied_until
    )
    if not closed.rows:
        count = await sessions.count_open(context.tx, user_id)
        raise DeviceSessionNotFound(device_id=device_id, active_sessions=count)
    closing.announce(context, user_id, closed, SPECIFIC_DEVICE)
    return _result(context, SPECIFIC_DEVICE, user_id, closed.email, closed)


async def _logout_all(context: OperationContext, principal: Principal) -> LogoutResult:
    async with context.tx.atomic():
        # The user's row is the lock: a second "all" waits here, and then finds its own session closed.
        await users.advance_epoch(context.tx, principal.user_id)
        await _require_not_closed(context, principal)
        closed = await closings.close_all(
            context.tx, principal.user_id, ALL_DEVICES, context.caller, context.denied_until
        )
    closing.announce(context, principal.user_id, closed, ALL_DEVICES)
    return _result(context, ALL_DEVICES, principal.user_id, closed.email, closed)


async def _require_not_closed(context: OperationContext, principal: Principal) -> None:
    session = await sessions.find(context.tx, principal.user_id, principal.session_id)
    if session is None:
        raise TokenInvalid
    if session["closed_at"] is not None:
        raise SessionAlreadyClosed(closed_at=session["closed_at"])


async def _already_closed(context: OperationContext, principal: Principal) -> Exception:
    """Why nothing was closed: somebody was faster, or there is no such session any more."""
    session = await sessions.find(context.tx, principal.user_id, principal.session_id)
    if session is None or session["closed_at"] is None:
        return TokenInvalid()
    return SessionAlreadyClosed(closed_at=session["closed_at"])


async def _nothing_left(context: OperationContext, principal: Principal, closed_at: int) -> LogoutResult:
    user = await users.by_id(context.tx, principal.user_id)
    active = await sessions.count_open(context.tx, principal.user_id)
    email = user["email"] if user else ""
    return LogoutResult(0, (), "single_device", closed_at, principal.user_id, email, active)


def _result(context: OperationContext, why: ClosingReason, user_id: str, email: str, closed: Closed) -> LogoutResult:
    devices = tuple(dict.fromkeys(row["device_id"] for row in closed.rows))
    kind: LogoutType = why.logout_type
    return LogoutResult(len(closed.rows), devices, kind, context.now, user_id, email, closed.active_sessions)


def _listed(row: SessionRow, principal: Principal) -> dict[str, Any]:
    return {
        "sessionId": row["id"],
        "deviceId": row["device_id"],
        "clientId": row["client_id"],
        "createdAt": rfc3339(row["created_at"]),
        "lastSeenAt": rfc3339(row["last_seen_at"]),
        "ipAddress": row["ip_address"],
        "userAgent": row["user_agent"],
        "current": row["id"] == principal.session_id,
    }
