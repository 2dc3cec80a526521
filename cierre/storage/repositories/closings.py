"""Closing sessions: the row count of one UPDATE decides who won (document 003, "Multiple logout requests simultáneos").

What belongs to a closing (revocation, audit rows, the deletion of Sanctum tokens) is said once, of `closed`, the rows
that the UPDATE returned. PostgreSQL runs it all as one statement, SQLite as a short transaction: see `Compound`.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple

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
from cierre.storage.statements import Backend, Compound, Row, Tx
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
    """What a closing is recorded as.

    Attributes:
        logout_type: decision 21: single_device, specific_device, all_devices, admin_forced, automatic.
        logout_reason: on the session and as the audit's event: user_logout, admin_logout, security_logout.
        reason: in the audit: user_initiated, security_incident, inactivity …
    """

    logout_type: LogoutType
    logout_reason: str
    reason: str


class Closed(NamedTuple):
    """What a closing did.

    Attributes:
        rows: the closed sessions (none: somebody else was faster, or nothing was open).
        epoch: of the user since all his sessions were closed; None: some were.
    """

    rows: Sequence[Row]
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
    """One mark on the user denies all his sessions, however many they are."""
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


def _compound(which: ColumnElement[bool], *, whole_user: bool = False) -> Compound:
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
    series = [
        closing,
        revoke(marked, "sqlite"),
        _audit(marked),
        _delete_sanctum_tokens(marked),
        _result(marked, _OPEN),
    ]
    return Compound(single, series)


_ONE = _compound(sessions.c.id == bindparam("session_id", type_=String))
_DEVICE = _compound(sessions.c.device_id == bindparam("device_id", type_=String))
_OTHERS = _compound(sessions.c.id != bindparam("session_id", type_=String))
_ALL = _compound(true(), whole_user=True)


async def _close(
    tx: Tx, compound: Compound, why: ClosingReason, caller: Caller, denied_until: int, **which: str
) -> Closed:
    rows = await tx.compound(
        compound,
        now=tx.now,
        closing=secrets.token_hex(16),
        denied_until=denied_until,
        logout_type=why.logout_type,
        logout_reason=why.logout_reason,
        reason=why.reason,
        ip_address=caller.ip_address,
        user_agent=caller.user_agent,
        trace_id=caller.trace_id,
        **which,
    )
    if not rows:
        return Closed([], "", 0)
    first = rows[0]
    closed = [row for row in rows if row["id"] is not None]
    return Closed(closed, first["email"], first["active_sessions"], first["epoch"] if compound is _ALL else None)


async def close_one(
    tx: Tx, user_id: str, session_id: str, why: ClosingReason, caller: Caller, denied_until: int
) -> Closed:
    return await _close(tx, _ONE, why, caller, denied_until, user_id=user_id, session_id=session_id)


async def close_device(
    tx: Tx, user_id: str, device_id: str, why: ClosingReason, caller: Caller, denied_until: int
) -> Closed:
    return await _close(tx, _DEVICE, why, caller, denied_until, user_id=user_id, device_id=device_id)


async def close_others(
    tx: Tx, user_id: str, session_id: str, why: ClosingReason, caller: Caller, denied_until: int
) -> Closed:
    return await _close(tx, _OTHERS, why, caller, denied_until, user_id=user_id, session_id=session_id)


async def close_all(tx: Tx, user_id: str, why: ClosingReason, caller: Caller, denied_until: int) -> Closed:
    """Close all sessions of a user; `users.advance_epoch` must have gone before, in the same `atomic()`."""
    return await _close(tx, _ALL, why, caller, denied_until, user_id=user_id)
