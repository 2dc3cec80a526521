"""Closing sessions: the only way to it. What is closed here is announced to the nodes and logged once it is committed.

The log line has the same record as the audit rows, in one line that lists all sessions of the closing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from cierre.domain.context import OperationContext
from cierre.outcomes import LogoutResult
from cierre.storage.repositories import closings, users
from cierre.storage.repositories.closings import Closed, ClosingReason

_log = structlog.get_logger("cierre.domain.closing")

SINGLE_DEVICE = ClosingReason("single_device", "user_logout", "user_initiated")
SPECIFIC_DEVICE = ClosingReason("specific_device", "user_logout", "user_initiated")
ALL_DEVICES = ClosingReason("all_devices", "user_logout", "user_initiated")


def by_administrator(reason: str) -> ClosingReason:
    """An administrator closes; `reason` is the administrator's own text, kept in the audit trail."""
    return ClosingReason("admin_forced", "admin_logout", reason)


def automatic(reason: str) -> ClosingReason:
    """The service closes by itself.

    Args:
        reason: `inactivity`, `expired`, `suspicious_ip`, `suspicious_user_agent`, `refresh_reuse`,
            `password_change`, `role_change`, `account_disabled` or `account_erased`.
    """
    return ClosingReason("automatic", "security_logout", reason)


async def close_one(context: OperationContext, user_id: str, session_id: str, why: ClosingReason) -> LogoutResult:
    """Close one session. `sessions_closed` is 0 where it was closed before, or does not exist."""
    closed = await closings.close_one(context.tx, user_id, session_id, why, context.caller, context.denied_until)
    return _announced(context, user_id, closed, why)


async def close_device(context: OperationContext, user_id: str, device_id: str, why: ClosingReason) -> LogoutResult:
    """Close the open sessions of one of the user's devices; `sessions_closed` is 0 where there is none."""
    closed = await closings.close_device(context.tx, user_id, device_id, why, context.caller, context.denied_until)
    return _announced(context, user_id, closed, why)


async def close_others(context: OperationContext, user_id: str, session_id: str, why: ClosingReason) -> LogoutResult:
    """Close all open sessions of the user but the one named."""
    closed = await closings.close_others(context.tx, user_id, session_id, why, context.caller, context.denied_until)
    return _announced(context, user_id, closed, why)


async def close_all(
    context: OperationContext,
    user_id: str,
    why: ClosingReason,
    *,
    require: Callable[[], Awaitable[None]] | None = None,
) -> LogoutResult:
    """Close all open sessions of the user: a fixed number of statements, and one mark for the other nodes.

    Args:
        require: a condition, checked once the user's row is locked; what it raises leaves everything as it was.
    """
    async with context.tx.atomic():
        # The new epoch locks the user's row: a second "all" waits here.
        await users.advance_epoch(context.tx, user_id)
        if require is not None:
            await require()
        closed = await closings.close_all(context.tx, user_id, why, context.caller, context.denied_until)
        return _announced(context, user_id, closed, why)


def _announced(context: OperationContext, user_id: str, closed: Closed, why: ClosingReason) -> LogoutResult:
    if closed.rows:
        context.tx.after_commit(partial(_announce, context, user_id, closed, why))
    return LogoutResult(
        sessions_closed=len(closed.rows),
        device_ids=_devices(closed),
        logout_type=why.logout_type,
        logged_out_at=context.now,
        user_id=user_id,
        email=closed.email,
        active_sessions=closed.active_sessions,
    )


def _announce(context: OperationContext, user_id: str, closed: Closed, why: ClosingReason) -> None:
    if closed.epoch is not None:
        context.announcer.user_closed(user_id, closed.epoch, context.denied_until)
    else:
        context.announcer.sessions_closed([row["id"] for row in closed.rows], context.denied_until)
    _log.info(
        why.logout_reason,
        user_id=user_id,
        session_ids=[row["id"] for row in closed.rows],
        device_ids=list(_devices(closed)),
        logout_type=why.logout_type,
        sessions_closed=len(closed.rows),
        reason=why.reason,
        ip_address=context.caller.ip_address,
        user_agent=context.caller.user_agent,
        trace_id=context.caller.trace_id,
    )


def _devices(closed: Closed) -> tuple[str, ...]:
    """The devices of the closed sessions, each once."""
    return tuple(dict.fromkeys(row["device_id"] for row in closed.rows))
