"""Closing everyone's sessions at once: one row says so, and every query of sessions and users heeds it.

A session carries the epoch in which it began. Where that is smaller than everyone's, the session is closed, although
its own row does not say so until its turn comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    select,
    true,
    update,
)

from cierre.principal import EVERYONE, Caller
from cierre.storage.rows import EveryoneRow, UserIdRow
from cierre.storage.statements import Query, Statement, Tx
from cierre.storage.tables import everyone, revocations, sessions, users

# So many more closings of one user than there were may lie between two epochs.
_STEP = 1_000_000

_ONLY = everyone.c.id == literal_column("1", Integer)
_EPOCH: ColumnElement[int] = func.coalesce(select(everyone.c.epoch).where(_ONLY).scalar_subquery(), literal_column("0"))
_UNMARKED = sessions.c.closed_at.is_(None)
_OUTDATED = and_(_UNMARKED, sessions.c.epoch < _EPOCH)
# Whether a session is open.
IS_OPEN = and_(_UNMARKED, sessions.c.epoch >= _EPOCH)
# When and why a session was closed; null: it is open.
CLOSED_AT = case(
    (_OUTDATED, select(everyone.c.closed_at).where(_ONLY).scalar_subquery()), else_=sessions.c.closed_at
).label("closed_at")
LOGOUT_REASON = case((_OUTDATED, literal_column("'admin_logout'")), else_=sessions.c.logout_reason).label(
    "logout_reason"
)
# The epoch that a user's next session begins in.
USER_EPOCH = case((users.c.epoch < _EPOCH, _EPOCH), else_=users.c.epoch).label("epoch")
# What is closed with everyone's, while its row does not say so.
IS_LEFT = _OUTDATED

_LAST = Query(EveryoneRow, select(everyone).where(_ONLY))
_ADD = Statement(insert(everyone).values({column.name: bindparam(column.name) for column in everyone.c}))
_CHANGE = Statement(
    update(everyone)
    .where(_ONLY)
    .values({column.name: bindparam(column.name) for column in everyone.c if column.name != "id"})
)
_FINISH = Statement(update(everyone).where(everyone.c.epoch == bindparam("of_epoch")).values(finished=true()))
_OWN_TRANSACTION = literal_column("pg_current_xact_id()::text::bigint", Integer)


def _revocation(transaction_id: ColumnElement[Any]) -> Any:
    values: dict[str, Any] = {name: bindparam(name) for name in ("user_id", "epoch", "expires_at", "revoked_at")}
    return insert(revocations).values(transaction_id=transaction_id, **values)


_REVOKE = Statement(_revocation(_OWN_TRANSACTION), sqlite=_revocation(literal_column("0", Integer)))
_USERS_LEFT = Query(
    UserIdRow,
    select(sessions.c.user_id)
    .where(IS_LEFT, sessions.c.user_id > bindparam("after"))
    .group_by(sessions.c.user_id)
    .order_by(sessions.c.user_id)
    .limit(bindparam("limit")),
)


async def advance(tx: Tx, *, reason: str, caller: Caller, denied_until: int) -> int:
    """Close everyone's sessions that began before now; call it inside `atomic()`.

    Args:
        reason: the operator's own text.
        caller: with the actor.
        denied_until: when the last of their access tokens has expired, in milliseconds.

    Returns:
        Everyone's new epoch: larger than that of any session that exists.
    """
    last = await tx.row(_LAST)
    # Epochs of users are counted from everyone's: no user closes all sessions as often as milliseconds pass.
    epoch = max(tx.now, last["epoch"] + _STEP if last else 0)
    values = {
        "epoch": epoch,
        "closed_at": tx.now,
        "finished": False,
        "reason": reason,
        "trace_id": caller.trace_id,
        "actor_type": caller.actor.type,
        "actor_id": caller.actor.id,
    }
    if not await tx.run(_CHANGE, **values):
        await tx.run(_ADD, id=1, **values)
    await tx.run(_REVOKE, user_id=EVERYONE, epoch=epoch, expires_at=denied_until, revoked_at=tx.now)
    return epoch


async def unfinished(tx: Tx) -> EveryoneRow | None:
    """The last closing of everyone's sessions, if their rows may not all say so yet."""
    last = await tx.row(_LAST)
    return last if last is not None and not last["finished"] else None


async def users_left(tx: Tx, *, after: str, limit: int) -> Sequence[str]:
    """Users, by id, with sessions that were closed with everyone's and whose rows do not say so yet.

    Args:
        after: only users with a larger id.
    """
    rows = await tx.rows(_USERS_LEFT, after=after, limit=limit)
    return [row["user_id"] for row in rows if row["user_id"]]


async def finish(tx: Tx, epoch: int) -> None:
    """Record that all rows say so; a later closing of everyone's sessions is not touched."""
    await tx.run(_FINISH, of_epoch=epoch)
