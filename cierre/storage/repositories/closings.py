"""Closing sessions.

Of several requests that close one session at once, the row count of one UPDATE decides which one did (document 003,
"Multiple logout requests simultáneos"). The rest of a closing (revocation, audit events, deletion of Sanctum tokens) is
written in terms of `closed`, the rows that the UPDATE returned. PostgreSQL runs it all as one statement, SQLite as a
short transaction: see `Compound`.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeGuard

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    String,
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
from cierre.principal import Caller
from cierre.storage.rows import ClosedSessionRow, ClosingRow
from cierre.storage.statements import Backend, Compound, Tx
from cierre.storage.tables import (
    audit_events,
    personal_access_tokens,
    revocations,
    sessions,
    users,
)

_USER = bindparam("user_id", type_=String)
_NOW = bindparam("now", type_=sessions.c.created_at.type)
_CLOSED_COLUMNS = (
    sessions.c.user_id,
    sessions.c.id,
    sessions.c.device_id,
    sessions.c.created_at,
    sessions.c.expires_at,
    sessions.c.token_id,
)


class ClosingReason(NamedTuple):
    """How a closing is recorded.

    Attributes:
        logout_type: decision 21: single_device, specific_device, all_devices, admin_forced, automatic.
        logout_reason: of the session, and the audit event's `event`: user_logout, admin_logout, security_logout.
        reason: of the audit event: user_initiated, security_incident, inactivity …
    """

    logout_type: LogoutType
    logout_reason: str
    reason: str


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


def _closing(which: ColumnElement[bool]) -> Update:
    return (
        update(sessions)
        .where(sessions.c.user_id == _USER, sessions.c.closed_at.is_(None), which)
        .values(
            status="closed",
            closed_at=_NOW,
            logout_reason=bindparam("logout_reason"),
            closing=bindparam("closing"),
        )
    )


def _audit(closed: FromClause) -> Insert:
    total = select(func.count()).select_from(closed).scalar_subquery()
    row = select(
        _NOW,
        bindparam("logout_reason", type_=String),
        closed.c.user_id,
        closed.c.id,
        closed.c.device_id,
        bindparam("logout_type", type_=String),
        cast(total, Integer),
        bindparam("reason", type_=String),
        bindparam("ip_address", type_=String),
        bindparam("user_agent", type_=String),
        _NOW - closed.c.created_at,
        true(),
        bindparam("trace_id", type_=String),
    )
    columns = [column for column in audit_events.c if column.name != "seq"]
    return insert(audit_events).from_select(columns, row)


def _transaction_id(backend: Backend) -> ColumnElement[Any]:
    # SQLite's writers take turns, so there the order of the rows is the order of the commits.
    own = "pg_current_xact_id()::text::bigint" if backend == "postgresql" else "0"
    return literal_column(own)


def _revoke_sessions(closed: FromClause, backend: Backend) -> Insert:
    row = select(_transaction_id(backend), closed.c.user_id, closed.c.id, bindparam("denied_until", type_=_NOW.type))
    columns = ["transaction_id", "user_id", "session_id", "expires_at"]
    return insert(revocations).from_select(columns, row)


def _revoke_user(closed: FromClause, backend: Backend) -> Insert:
    """One row revokes all sessions of the user, however many they are."""
    row = select(_transaction_id(backend), users.c.id, users.c.epoch, bindparam("denied_until", type_=_NOW.type)).where(
        users.c.id == _USER, select(closed.c.id).exists()
    )
    return insert(revocations).from_select(["transaction_id", "user_id", "epoch", "expires_at"], row)


def _delete_sanctum_tokens(closed: FromClause) -> Delete:
    """As Sanctum does it: `$user->currentAccessToken()->delete()` (document 002)."""
    tokens = select(closed.c.token_id).where(closed.c.token_id.is_not(None))
    return delete(personal_access_tokens).where(personal_access_tokens.c.id.in_(tokens))


def _result(closed: FromClause, open_now: ColumnElement[int]) -> Any:
    return (
        select(users.c.email, users.c.epoch, open_now.label("active_sessions"), *closed.c)
        .select_from(users.outerjoin(closed, closed.c.user_id == users.c.id))
        .where(users.c.id == _USER)
    )


_OPEN = (
    select(func.count())
    .select_from(sessions)
    .where(sessions.c.user_id == _USER, sessions.c.closed_at.is_(None), sessions.c.expires_at > _NOW)
    .scalar_subquery()
)


def _compound(which: ColumnElement[bool], *, whole_user: bool = False) -> Compound[ClosingRow]:
    revoke = _revoke_user if whole_user else _revoke_sessions
    closing = _closing(which)

    returned = closing.returning(*_CLOSED_COLUMNS).cte("closed")
    # The statement's snapshot is from before the UPDATE: what it closed is still counted as open.
    still_counted = select(func.count()).select_from(returned).where(returned.c.expires_at > _NOW).scalar_subquery()
    single = _result(returned, _OPEN - still_counted).add_cte(
        revoke(returned, "postgresql").cte("revoked"),
        _audit(returned).cte("audited"),
        _delete_sanctum_tokens(returned).cte("deleted"),
    )

    marked = (
        select(*_CLOSED_COLUMNS)
        .where(sessions.c.user_id == _USER, sessions.c.closing == bindparam("closing"))
        .subquery("closed")
    )
    writes = [closing, revoke(marked, "sqlite"), _audit(marked), _delete_sanctum_tokens(marked)]
    return Compound(ClosingRow, single=single, writes=writes, result=_result(marked, _OPEN))


_ONE = _compound(sessions.c.id == bindparam("session_id", type_=String))
_DEVICE = _compound(sessions.c.device_id == bindparam("device_id", type_=String))
_OTHERS = _compound(sessions.c.id != bindparam("session_id", type_=String))
_ALL = _compound(true(), whole_user=True)


async def _close(
    tx: Tx, compound: Compound[ClosingRow], reason: ClosingReason, caller: Caller, denied_until: int, **which: str
) -> Closed:
    rows = await tx.compound(
        compound,
        now=tx.now,
        closing=secrets.token_hex(16),
        denied_until=denied_until,
        logout_type=reason.logout_type,
        logout_reason=reason.logout_reason,
        reason=reason.reason,
        ip_address=caller.ip_address,
        user_agent=caller.user_agent,
        trace_id=caller.trace_id,
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
    """
    return await _close(tx, _DEVICE, reason, caller, denied_until, user_id=user_id, device_id=device_id)


async def close_others(
    tx: Tx, user_id: str, session_id: str, reason: ClosingReason, caller: Caller, denied_until: int
) -> Closed:
    """Close all open sessions of the user but this one.

    Args:
        session_id: of the session that stays open.
        reason: how it is recorded, in the sessions and in their audit events.
        caller: where the request came from, for the audit events.
        denied_until: as for `close_one`, in milliseconds.
    """
    return await _close(tx, _OTHERS, reason, caller, denied_until, user_id=user_id, session_id=session_id)


async def close_all(tx: Tx, user_id: str, reason: ClosingReason, caller: Caller, denied_until: int) -> Closed:
    """Close all open sessions of a user; call `users.advance_epoch` before, in the same `atomic()`.

    Args:
        reason: how it is recorded, in the sessions and in their audit events.
        caller: where the request came from, for the audit events.
        denied_until: as for `close_one`, in milliseconds.
    """
    return await _close(tx, _ALL, reason, caller, denied_until, user_id=user_id)
