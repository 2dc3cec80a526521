"""Closing sessions.

Of several requests that close one session at once, the row count of one UPDATE decides which one did (document 003,
"Multiple logout requests simultáneos"). The rest of a closing (revocation, audit events, deletion of Sanctum tokens) is
written in terms of `closed`, the rows that the UPDATE returned. PostgreSQL runs it all as one statement, SQLite as a
short transaction: see `Compound`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeGuard

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    String,
    and_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.sql.dml import Delete, Insert, Update

from cierre.outcomes import LogoutType
from cierre.principal import SYSTEM, Actor, Caller
from cierre.storage.database_clock import SERVER_TIME
from cierre.storage.repositories import outbox, sanctum
from cierre.storage.repositories.everyone import CLOSED_AT, IS_LEFT, IS_OPEN
from cierre.storage.rows import ClosedSessionRow, ClosingRow
from cierre.storage.statements import Backend, Compound, Tx
from cierre.storage.tables import audit_events, personal_access_tokens, revocations, sessions, users

_USER = bindparam("user_id", type_=String)
_NOW = bindparam("now", type_=sessions.c.created_at.type)
_CLOSED_COLUMNS = (
    sessions.c.user_id,
    sessions.c.id,
    sessions.c.device_id,
    sessions.c.created_at,
    sessions.c.expires_at,
    sessions.c.token_id,
    sessions.c.client_id,
)


class ClosingReason(NamedTuple):
    """How a closing is recorded.

    Attributes:
        logout_type: decision 21: single_device, specific_device, all_devices, admin_forced, automatic.
        logout_reason: of the session, and the audit event's `event`: user_logout, admin_logout, security_logout.
        reason: of the audit event: user_initiated, security_incident, inactivity …
        by_service: the service itself is the actor, not the caller whose request it found the reason in.
    """

    logout_type: LogoutType
    logout_reason: str
    reason: str
    by_service: bool = False

    def actor(self, caller: Caller) -> Actor:
        """Who closes, where the caller is this one."""
        return SYSTEM if self.by_service else caller.actor


class Closed(NamedTuple):
    """What a closing did.

    Attributes:
        rows: the closed sessions; none: no such session was open, or another request closed it first.
        email: of the user; empty: there is no such user.
        active_sessions: of the user, after the closing.
        epoch: of the user, where all of the user's sessions were closed; otherwise None.
    """

    rows: Sequence[ClosedSessionRow]
    email: str
    active_sessions: int
    epoch: int | None = None


def _closing(which: ColumnElement[bool], *, closed_at: ColumnElement[Any]) -> Update:
    """The UPDATE that closes: the rows that it changes are the sessions that this closing has closed.

    Args:
        which: of the user's sessions.
        closed_at: when they were closed.
    """
    return (
        update(sessions)
        .where(sessions.c.user_id == _USER, which)
        .values(status="closed", closed_at=closed_at, logout_reason=bindparam("logout_reason"))
    )


def _audit(closed: FromClause) -> Insert:
    """An audit event for each closed session; `session_duration` in milliseconds."""
    total = select(func.count()).select_from(closed).scalar_subquery()
    given = ("logout_type", "reason", "ip_address", "user_agent", "trace_id", "actor_type", "actor_id")
    row: dict[str, ColumnElement[Any]] = {
        "timestamp": _NOW,
        "event": bindparam("logout_reason", type_=String),
        "user_id": closed.c.user_id,
        "session_id": closed.c.id,
        "device_id": closed.c.device_id,
        "sessions_closed": cast(total, Integer),
        "session_duration": _NOW - closed.c.created_at,
        "success": true(),
        **{name: bindparam(name, type_=String) for name in given},
    }
    return insert(audit_events).from_select(list(row), select(*row.values()))


def _transaction_id(backend: Backend) -> ColumnElement[Any]:
    """The number of the transaction that writes, by which other nodes read what is new."""
    # SQLite's writers take turns, so there the order of the rows is the order of the commits.
    own = "pg_current_xact_id()::text::bigint" if backend == "postgresql" else "0"
    return literal_column(own)


def _written_at(backend: Backend) -> ColumnElement[Any]:
    """The database's time at the writing, in milliseconds: nearer to the commit than the operation's time."""
    return literal_column(SERVER_TIME) if backend == "postgresql" else _NOW


def _revoke_sessions(closed: FromClause, backend: Backend) -> Insert:
    """A revocation for each closed session, until `denied_until` (milliseconds)."""
    until = bindparam("denied_until", type_=_NOW.type)
    row = select(_transaction_id(backend), closed.c.user_id, closed.c.id, until, _written_at(backend))
    columns = ["transaction_id", "user_id", "session_id", "expires_at", "revoked_at"]
    return insert(revocations).from_select(columns, row)


def _revoke_user(closed: FromClause, backend: Backend) -> Insert:
    """One row revokes all sessions of the user, however many they are."""
    until = bindparam("denied_until", type_=_NOW.type)
    row = select(_transaction_id(backend), users.c.id, users.c.epoch, until, _written_at(backend)).where(
        users.c.id == _USER, select(closed.c.id).exists()
    )
    columns = ["transaction_id", "user_id", "epoch", "expires_at", "revoked_at"]
    return insert(revocations).from_select(columns, row)


def _delete_sanctum_tokens(closed: FromClause) -> Delete:
    """As Sanctum does it: `$user->currentAccessToken()->delete()` (document 002)."""
    tokens = select(closed.c.token_id).where(closed.c.token_id.is_not(None))
    return delete(personal_access_tokens).where(personal_access_tokens.c.id.in_(tokens))


def _result(closed: FromClause, open_now: ColumnElement[int]) -> Any:
    """The user beside each closed session; where none was closed, the user alone; where there is no user, nothing.

    Args:
        open_now: how many sessions of the user are open after the closing.
    """
    return (
        select(users.c.email, users.c.epoch, open_now.label("active_sessions"), *closed.c)
        .select_from(users.outerjoin(closed, closed.c.user_id == users.c.id))
        .where(users.c.id == _USER)
    )


_OPEN = (
    select(func.count())
    .select_from(sessions)
    .where(sessions.c.user_id == _USER, IS_OPEN, sessions.c.expires_at > _NOW)
    .scalar_subquery()
)


Revoke = Callable[[FromClause, Backend], Insert]


def _compound(
    which: ColumnElement[bool],
    *,
    revoke: Revoke | None = _revoke_sessions,
    closed_at: ColumnElement[Any] = _NOW,
    tokens: ColumnElement[bool] | None = None,
) -> tuple[Compound[ClosingRow], Compound[ClosingRow]]:
    """A closing with all that belongs to it: one that writes no events, and one that does.

    Args:
        which: of the user's sessions.
        revoke: the revocations that it writes; None where everyone's epoch has revoked them already.
        closed_at: when they were closed.
        tokens: those of Laravel that go; None: those of the closed sessions.
    """
    closing = _closing(which, closed_at=closed_at)
    return _with_all(closing, revoke, tokens, with_events=False), _with_all(closing, revoke, tokens, with_events=True)


def _with_all(
    closing: Update, revoke: Revoke | None, tokens: ColumnElement[bool] | None, *, with_events: bool
) -> Compound[ClosingRow]:
    delete_tokens = _delete_sanctum_tokens if tokens is None else lambda _: delete(personal_access_tokens).where(tokens)

    returned = closing.returning(*_CLOSED_COLUMNS).cte("closed")
    # The statement's snapshot is from before the UPDATE: what it closed is still counted as open.
    still_counted = select(func.count()).select_from(returned).where(returned.c.expires_at > _NOW).scalar_subquery()
    single = _result(returned, _OPEN - still_counted).add_cte(
        *([revoke(returned, "postgresql").cte("revoked")] if revoke else []),
        _audit(returned).cte("audited"),
        *([outbox.of_closed(returned, "postgresql").cte("events")] if with_events else []),
        delete_tokens(returned).cte("deleted"),
    )

    marked = (
        select(*_CLOSED_COLUMNS)
        .where(sessions.c.user_id == _USER, sessions.c.closing == bindparam("closing"))
        .subquery("closed")
    )
    revoking = [revoke(marked, "sqlite")] if revoke else []
    writing_events = [outbox.of_closed(marked, "sqlite")] if with_events else []
    marking = closing.values(closing=bindparam("closing"))
    writes = [marking, *revoking, _audit(marked), *writing_events, delete_tokens(marked)]
    return Compound(ClosingRow, single=single, writes=writes, result=_result(marked, _OPEN))


_ONE, _ONE_WITH_EVENTS = _compound(and_(IS_OPEN, sessions.c.id == bindparam("session_id", type_=String)))
_DEVICE, _DEVICE_WITH_EVENTS = _compound(and_(IS_OPEN, sessions.c.device_id == bindparam("device_id", type_=String)))
_OTHERS, _OTHERS_WITH_EVENTS = _compound(
    and_(IS_OPEN, sessions.c.id != bindparam("session_id", type_=String)), tokens=sanctum.OF_OTHER_SESSIONS
)
_ALL, _ALL_WITH_EVENTS = _compound(IS_OPEN, revoke=_revoke_user, tokens=sanctum.OF_USER)
# Everyone's epoch has revoked them already.
_LEFT, _LEFT_WITH_EVENTS = _compound(IS_LEFT, revoke=None, closed_at=CLOSED_AT.element)
_WITH_EVENTS = {
    _ONE: _ONE_WITH_EVENTS,
    _DEVICE: _DEVICE_WITH_EVENTS,
    _OTHERS: _OTHERS_WITH_EVENTS,
    _ALL: _ALL_WITH_EVENTS,
    _LEFT: _LEFT_WITH_EVENTS,
}


async def _close(
    tx: Tx, compound: Compound[ClosingRow], reason: ClosingReason, caller: Caller, denied_until: int, **which: str
) -> Closed:
    actor = reason.actor(caller)
    rows = await tx.compound(
        _WITH_EVENTS[compound] if tx.consumers else compound,
        now=tx.now,
        # By which SQLite finds the closed sessions again; PostgreSQL has one statement.
        closing=secrets.token_hex(16) if tx.backend == "sqlite" else None,
        denied_until=denied_until,
        logout_type=reason.logout_type,
        logout_reason=reason.logout_reason,
        reason=reason.reason,
        ip_address=caller.ip_address,
        user_agent=caller.user_agent,
        trace_id=caller.trace_id,
        actor_type=actor.type,
        actor_id=actor.id,
        **outbox.awaited(tx, caller),
        **which,
    )
    if not rows:
        return Closed([], "", 0)
    first = rows[0]
    closed = [row for row in rows if _has_session(row)]
    return Closed(closed, first["email"], first["active_sessions"], first["epoch"] if compound is _ALL else None)


def _has_session(row: ClosingRow) -> TypeGuard[ClosedSessionRow]:
    """Whether the outer join found a session: all of its columns are there then, and none otherwise."""
    return row["id"] is not None


async def close_one(
    tx: Tx, user_id: str, session_id: str, reason: ClosingReason, caller: Caller, denied_until: int
) -> Closed:
    """Close one session of the user, if it is open.

    Args:
        reason: how it is recorded, in the session and in the audit event.
        caller: where the request came from, for the audit event.
        denied_until: milliseconds: until then other nodes refuse the session's access tokens. It must not be earlier
            than the time at which the last of them expires.

    Raises:
        RowLocked: another transaction has locked the session, and keeps it; nothing was closed.
    """
    return await _close(tx, _ONE, reason, caller, denied_until, user_id=user_id, session_id=session_id)


async def close_device(
    tx: Tx, user_id: str, device_id: str, reason: ClosingReason, caller: Caller, denied_until: int
) -> Closed:
    """Close the open sessions of one of the user's devices.

    Args:
        reason: how it is recorded, in the sessions and in their audit events.
        caller: where the request came from, for the audit events.
        denied_until: as for `close_one`, in milliseconds.

    Raises:
        RowLocked: as for `close_one`.
    """
    return await _close(tx, _DEVICE, reason, caller, denied_until, user_id=user_id, device_id=device_id)


async def close_others(
    tx: Tx,
    user_id: str,
    session_id: str,
    reason: ClosingReason,
    caller: Caller,
    denied_until: int,
    *,
    tokenable_type: str,
) -> Closed:
    """Close all open sessions of the user but this one, and delete all of the user's Sanctum tokens but this one's.

    Args:
        session_id: of the session that stays open.
        reason: how it is recorded, in the sessions and in their audit events.
        caller: where the request came from, for the audit events.
        denied_until: as for `close_one`, in milliseconds.
        tokenable_type: of users, in Laravel's table.

    Raises:
        RowLocked: as for `close_one`.
    """
    which = {"user_id": user_id, "session_id": session_id, "tokenable_type": tokenable_type}
    return await _close(tx, _OTHERS, reason, caller, denied_until, **which)


async def close_all(
    tx: Tx, user_id: str, reason: ClosingReason, caller: Caller, denied_until: int, *, tokenable_type: str
) -> Closed:
    """Close all open sessions of a user, and delete all of the user's Sanctum tokens, be they used here or not.

    Call `users.advance_epoch` before, in the same `atomic()`.

    Args:
        reason: how it is recorded, in the sessions and in their audit events.
        caller: where the request came from, for the audit events.
        denied_until: as for `close_one`, in milliseconds.
        tokenable_type: of users, in Laravel's table.

    Raises:
        RowLocked: as for `close_one`.
    """
    return await _close(tx, _ALL, reason, caller, denied_until, user_id=user_id, tokenable_type=tokenable_type)


async def close_left(tx: Tx, user_id: str, reason: ClosingReason, caller: Caller) -> Closed:
    """Close the user's sessions that were closed with everyone's, and whose rows do not say so yet.

    Args:
        reason: how it is recorded, in the sessions and in their audit events.
        caller: who closed everyone's sessions, for the audit events.
    """
    return await _close(tx, _LEFT, reason, caller, denied_until=0, user_id=user_id)
