"""The outbox: events that are still to be sent, written in the transaction of what happened.

Events are read in the order of `seq`, in one snapshot: of two that are in it, what happened after the other has the
larger number. A row goes with the last one who waited for it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    String,
    and_,
    bindparam,
    cast,
    column,
    delete,
    func,
    insert,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.sql.dml import Insert

from cierre.principal import Caller
from cierre.storage.rows import LeaseRow, OutboxDepthRow, OutboxRow
from cierre.storage.statements import Backend, Query, Statement, Tx
from cierre.storage.tables import leases, outbox

EventType = Literal["session.opened", "session.closed", "everyone.closed", "refresh.reused", "access.refused"]
Waiting = Literal["queue", "signals"]

# Of the node that sends to the message queue.
QUEUE_LEASE = "relay"
# Rows that are counted at the most: it says enough, and a look at the metrics stays cheap.
COUNTED = 100_000

_WAITING = {"queue": outbox.c.for_queue, "signals": outbox.c.for_signals}
_EVENT = tuple(one for one in outbox.c if one not in set(_WAITING.values()))


def _new_id(backend: Backend) -> ColumnElement[str]:
    """An id of its own for each row."""
    if backend == "postgresql":
        return func.replace(cast(func.gen_random_uuid(), String), literal_column("'-'"), literal_column("''"))
    return func.lower(func.hex(func.randomblob(literal_column("16"))))


def _addition(backend: Backend) -> Insert:
    names = [one.name for one in outbox.c if one.name not in {"seq", "id"}]
    given: dict[str, ColumnElement[Any]] = {name: bindparam(name) for name in names}
    return insert(outbox).values({"id": _new_id(backend), **given})


_ADD = Statement(_addition("postgresql"), sqlite=_addition("sqlite"))


def of_closed(closed: FromClause, backend: Backend) -> Insert:
    """An event for each closed session, with the parameters of a closing and those of `awaited`."""
    now = bindparam("now", type_=outbox.c.time.type)
    given: dict[str, ColumnElement[Any]] = {
        name: bindparam(name, type_=String)
        for name in ("logout_type", "reason", "trace_id", "actor_type", "actor_id", "traceparent")
    }
    row: dict[str, ColumnElement[Any]] = {
        "id": _new_id(backend),
        "type": literal_column("'session.closed'"),
        "time": now,
        "event": bindparam("logout_reason", type_=String),
        "user_id": closed.c.user_id,
        "session_id": closed.c.id,
        "device_id": closed.c.device_id,
        "client_id": closed.c.client_id,
        "sessions_closed": cast(select(func.count()).select_from(closed).scalar_subquery(), Integer),
        "session_duration": now - closed.c.created_at,
        "for_queue": bindparam("for_queue", type_=Boolean),
        "for_signals": bindparam("for_signals", type_=Boolean),
        **given,
    }
    return insert(outbox).from_select(list(row), select(*row.values()))


def awaited(tx: Tx, caller: Caller) -> dict[str, bool | str | None]:
    """Who waits for a closing's event, and its trace, as `of_closed` has them; nothing where there are no consumers."""
    if tx.consumers is None:
        return {}
    return {
        "for_queue": tx.consumers.queue or None,
        "for_signals": tx.consumers.signals or None,
        "traceparent": caller.traceparent,
    }


_NOTHING = dict.fromkeys(one.name for one in outbox.c if one.nullable)


async def add(
    tx: Tx,
    kind: EventType,
    caller: Caller,
    *,
    event: str,
    user_id: str | None = None,
    session_id: str | None = None,
    device_id: str | None = None,
    client_id: str | None = None,
    reason: str | None = None,
    attempts: int | None = None,
) -> None:
    """Write an event for the message queue, if there is one; call it in the transaction of what happened.

    Signals are about closed sessions alone: see `of_closed`.

    Args:
        caller: with the actor.
        event: as the audit trail has it.
        attempts: how many refusals of one kind it stands for; None: it is no refusal.
    """
    if tx.consumers is None or not tx.consumers.queue:
        return
    values = {
        "type": kind,
        "time": tx.now,
        "event": event,
        "user_id": user_id,
        "session_id": session_id,
        "device_id": device_id,
        "client_id": client_id,
        "reason": reason,
        "attempts": attempts,
        "trace_id": caller.trace_id,
        "actor_type": caller.actor.type,
        "actor_id": caller.actor.id,
        "traceparent": caller.traceparent,
        "for_queue": True,
    }
    await tx.run(_ADD, **(_NOTHING | values))


def _next(waiting: Waiting) -> Query[OutboxRow]:
    page = select(*_EVENT).where(_WAITING[waiting].is_not(None))
    return Query(OutboxRow, page.order_by(outbox.c.seq).limit(bindparam("limit")))


_NEXT_QUEUE, _NEXT_SIGNALS = _next("queue"), _next("signals")

_GIVEN_POSTGRESQL = outbox.c.seq == func.any(bindparam("seqs", type_=ARRAY(BigInteger)))
_GIVEN_SQLITE = outbox.c.seq.in_(select(column("value")).select_from(func.json_each(bindparam("seqs"))))


def _acknowledged(waiting: Waiting) -> Statement:
    mark = update(outbox).values({_WAITING[waiting].name: null()})
    return Statement(mark.where(_GIVEN_POSTGRESQL), sqlite=mark.where(_GIVEN_SQLITE))


_ACKNOWLEDGE = {"queue": _acknowledged("queue"), "signals": _acknowledged("signals")}
_FOR_NONE = and_(*[one.is_(None) for one in _WAITING.values()])
_DELETE = Statement(
    delete(outbox).where(_GIVEN_POSTGRESQL, _FOR_NONE), sqlite=delete(outbox).where(_GIVEN_SQLITE, _FOR_NONE)
)


async def oldest(tx: Tx, waiting: Waiting, *, limit: int) -> Sequence[OutboxRow]:
    """The oldest events that wait to be sent."""
    return await tx.rows(_NEXT_QUEUE if waiting == "queue" else _NEXT_SIGNALS, limit=limit)


async def acknowledge(tx: Tx, waiting: Waiting, seqs: Sequence[int]) -> None:
    """Record that these events were taken; those that no other consumer waits for are deleted."""
    given = list(seqs) if tx.backend == "postgresql" else json.dumps(list(seqs))
    async with tx.atomic():
        await tx.run(_ACKNOWLEDGE[waiting], seqs=given)
        await tx.run(_DELETE, seqs=given)


def _depth(waiting: Waiting) -> Query[OutboxDepthRow]:
    waits = select(outbox.c.time).where(_WAITING[waiting].is_not(None)).order_by(outbox.c.seq).limit(COUNTED)
    counted = waits.subquery()
    return Query(OutboxDepthRow, select(func.count().label("count"), func.min(counted.c.time).label("oldest")))


_DEPTH_QUEUE, _DEPTH_SIGNALS = _depth("queue"), _depth("signals")


async def depth(tx: Tx, waiting: Waiting) -> OutboxDepthRow:
    """How many events wait, and the time of the oldest."""
    row = await tx.row(_DEPTH_QUEUE if waiting == "queue" else _DEPTH_SIGNALS)
    assert row is not None
    return row


# The oldest alone are looked at: where none of them is too old, no other is.
_OLDEST = select(outbox.c.seq, outbox.c.time).order_by(outbox.c.seq).limit(bindparam("limit")).subquery()
_OLD = select(_OLDEST.c.seq).where(_OLDEST.c.time < bindparam("before")).scalar_subquery()
_PURGE = Statement(delete(outbox).where(outbox.c.seq.in_(_OLD)))


async def purge(tx: Tx, *, before: int, limit: int) -> int:
    """Delete at most `limit` events from before then (milliseconds), though somebody waits for them.

    Returns how many were deleted.
    """
    return await tx.run(_PURGE, before=before, limit=limit)


_RELAYED = Query(LeaseRow, select(leases.c.until).where(leases.c.name == bindparam("name")))


async def queue_is_in_use(tx: Tx, *, since: int) -> bool:
    """Whether a node has sent to a message queue since then (milliseconds); for commands, which have no `--events`."""
    lease = await tx.row(_RELAYED, name=QUEUE_LEASE)
    return lease is not None and lease["until"] > since
