"""Closing sessions: the only way to it. What is closed here is announced to the nodes and logged once it is committed.

The log line has the same record as the audit rows, in one line that lists all sessions of the closing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from cierre.domain import events
from cierre.domain.context import OperationContext
from cierre.outcomes import ClosingMade, LogoutResult
from cierre.principal import EVERYONE, Actor, Caller
from cierre.storage.repositories import audit, closings, everyone, users
from cierre.storage.repositories.closings import Closed, ClosingReason

_log = structlog.get_logger("cierre.domain.closing")

SINGLE_DEVICE = ClosingReason("single_device", "user_logout", "user_initiated")
SPECIFIC_DEVICE = ClosingReason("specific_device", "user_logout", "user_initiated")
ALL_DEVICES = ClosingReason("all_devices", "user_logout", "user_initiated")


def by_administrator(reason: str) -> ClosingReason:
    """An administrator closes; `reason` is the administrator's own text, kept in the audit trail."""
    return ClosingReason("admin_forced", "admin_logout", reason)


def automatic(reason: str) -> ClosingReason:
    """The service closes by itself, and is the actor.

    Args:
        reason: `inactivity`, `expired`, `suspicious_ip`, `suspicious_user_agent` or `refresh_reuse`.
    """
    return ClosingReason("automatic", "security_logout", reason, by_service=True)


def consequence(reason: str) -> ClosingReason:
    """The service closes because of something else that the caller did; the caller is the actor.

    Args:
        reason: `password_change`, `role_change`, `account_disabled` or `account_erased`.
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
    closed = await closings.close_others(
        context.tx,
        user_id,
        session_id,
        why,
        context.caller,
        context.denied_until,
        tokenable_type=context.settings.tokenable_type,
    )
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
        closed = await closings.close_all(
            context.tx,
            user_id,
            why,
            context.caller,
            context.denied_until,
            tokenable_type=context.settings.tokenable_type,
        )
        return _announced(context, user_id, closed, why)


async def close_everyone(context: OperationContext, reason: str) -> None:
    """Close the sessions of all users at once, whatever their number: one row, and one mark for the other nodes.

    From the commit on, each session that began before is closed. `finish_everyone` says so in their rows, and in the
    trail, session by session.

    Args:
        reason: the operator's own text, kept in the audit trail.
    """
    async with context.tx.atomic():
        epoch = await everyone.advance(
            context.tx, reason=reason, caller=context.caller, denied_until=context.denied_until
        )
        await audit.record(context.tx, "everyone_logout", context.caller, reason=reason)
        await events.everyone_closed(context, reason)
        context.tx.after_commit(partial(_announce_everyone, context, epoch, reason))


async def finish_everyone(context: OperationContext, *, batch: int) -> int:
    """Close, row by row, what the last closing of everyone's sessions left; the audit trail names who closed them.

    Args:
        batch: users a query.

    Returns:
        How many sessions were closed.
    """
    last = await everyone.unfinished(context.tx)
    if last is None:
        return 0
    why = by_administrator(last["reason"])
    caller = Caller(None, None, last["trace_id"], Actor(last["actor_type"], last["actor_id"]))
    count, after = 0, ""
    while user_ids := await everyone.users_left(context.tx, after=after, limit=batch):
        for user_id in user_ids:
            closed = await closings.close_left(context.tx, user_id, why, caller)
            context.on_closing(_made(context, closed, why))
            count += len(closed.rows)
        after = user_ids[-1]
    await everyone.finish(context.tx, last["epoch"])
    return count


def _announce_everyone(context: OperationContext, epoch: int, reason: str) -> None:
    context.announcer.user_closed(EVERYONE, epoch, context.denied_until)
    actor = context.caller.actor
    trace_id = context.caller.trace_id
    _log.info("everyone_logout", reason=reason, actor=actor.type, actor_id=actor.id, trace_id=trace_id)


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
    context.on_closing(_made(context, closed, why))
    actor = why.actor(context.caller)
    _log.info(
        why.logout_reason,
        user_id=user_id,
        session_ids=[row["id"] for row in closed.rows],
        device_ids=list(_devices(closed)),
        logout_type=why.logout_type,
        sessions_closed=len(closed.rows),
        reason=why.reason,
        actor=actor.type,
        actor_id=actor.id,
        ip_address=context.caller.ip_address,
        user_agent=context.caller.user_agent,
        trace_id=context.caller.trace_id,
    )


def _made(context: OperationContext, closed: Closed, why: ClosingReason) -> ClosingMade:
    return ClosingMade(why.logout_type, why.reason, tuple(context.now - row["created_at"] for row in closed.rows))


def _devices(closed: Closed) -> tuple[str, ...]:
    """The devices of the closed sessions, each once."""
    return tuple(dict.fromkeys(row["device_id"] for row in closed.rows))
