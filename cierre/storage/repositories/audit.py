"""Audit events. Those of closings are written by `closings`; here are the others, and all that is read or deleted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    text,
    update,
)

from cierre.principal import SYSTEM, Caller
from cierre.storage.rows import AuditEventRow, ClosingsRow, SessionRow, UserIdRow
from cierre.storage.statements import Query, Statement, Tx
from cierre.storage.tables import audit_events, audit_links

_ADD = Statement(
    insert(audit_events).values(
        {column.name: bindparam(column.name) for column in audit_events.c if column.name != "seq"}
    )
)
# What the contract's operation lists: closings, and what was found at a session's use.
_OF_SESSIONS = audit_events.c.logout_type.is_not(None)
_FILTERS = {
    "user_id": audit_events.c.user_id == bindparam("user_id"),
    "session_id": audit_events.c.session_id == bindparam("session_id"),
    "event": audit_events.c.event == bindparam("event"),
    "logout_type": audit_events.c.logout_type == bindparam("logout_type"),
    "from_time": audit_events.c.timestamp >= bindparam("from_time"),
    "to_time": audit_events.c.timestamp < bindparam("to_time"),
    "before": audit_events.c.seq < bindparam("before"),
}


@cache
def page_query(filters: frozenset[str]) -> Query[AuditEventRow]:
    """The query for a page with these filters of `page`."""
    return _page(_OF_SESSIONS, *[_FILTERS[name] for name in sorted(filters)])


def _page(*conditions: ColumnElement[bool]) -> Query[AuditEventRow]:
    query = select(audit_events).where(*conditions)
    return Query(AuditEventRow, query.order_by(audit_events.c.seq.desc()).limit(bindparam("limit")))


_FORCED_OUT = Query(
    UserIdRow,
    select(audit_events.c.user_id)
    .where(
        audit_events.c.actor_id == bindparam("actor_id"),
        # Tells the database to use the index of those who act on others.
        audit_events.c.actor_id != audit_events.c.user_id,
        audit_events.c.logout_type == "admin_forced",
        audit_events.c.user_id != bindparam("except_user_id"),
        audit_events.c.timestamp >= bindparam("since"),
    )
    .limit(1),
)
_ERASE = Statement(
    update(audit_events)
    .where(audit_events.c.user_id == bindparam("key"))
    .values(ip_address=null(), user_agent=null(), device_id=null())
)
_OTHERS = (audit_events.c.actor_id == bindparam("key")) & (audit_events.c.actor_id != audit_events.c.user_id)
# Address and user agent are the actor's. The device is the other user's; the hash chain knows only all three together.
_ERASE_ACTOR = Statement(
    update(audit_events).where(_OTHERS).values(ip_address=null(), user_agent=null(), device_id=null())
)


_OF_TRAIL = {
    **{name: _FILTERS[name] for name in ("user_id", "session_id", "event", "logout_type", "from_time", "to_time")},
    "actor_id": audit_events.c.actor_id == bindparam("actor_id"),
    "after": audit_events.c.seq > bindparam("after"),
}


@cache
def trail_query(filters: frozenset[str]) -> Query[AuditEventRow]:
    """The query for a page with these filters of `trail`."""
    return _page(*[_OF_TRAIL[name] for name in sorted(filters)])


@cache
def oldest_query(filters: frozenset[str]) -> Query[AuditEventRow]:
    """The query for a page of `oldest_first` with these filters."""
    query = select(audit_events).where(*[_OF_TRAIL[name] for name in sorted(filters)])
    return Query(AuditEventRow, query.order_by(audit_events.c.seq).limit(bindparam("limit")))


# Of `closings_by`: the ends of classes, in milliseconds; what is longer has the number of them all.
LENGTHS = (60_000, 600_000, 3_600_000, 6 * 3_600_000, 24 * 3_600_000, 7 * 24 * 3_600_000, 30 * 24 * 3_600_000)
_CLASS = case(
    *((audit_events.c.session_duration < end, literal_column(str(number))) for number, end in enumerate(LENGTHS)),
    else_=literal_column(str(len(LENGTHS))),
)
# Both databases divide integers by integers without a rest.
_HOURS, _DAYS = (audit_events.c.timestamp.op("/")(literal_column(length)) for length in ("3600000", "86400000"))
_HOUR = _HOURS - _DAYS * literal_column("24")
_CLOSINGS_BY = Query(
    ClosingsRow,
    select(
        audit_events.c.logout_type,
        audit_events.c.reason,
        _HOUR.label("hour"),
        _CLASS.label("length"),
        func.count().label("count"),
    )
    .where(
        or_(*(audit_events.c.event == event for event in ("user_logout", "admin_logout", "security_logout"))),
        _FILTERS["from_time"],
        _FILTERS["to_time"],
    )
    .group_by(audit_events.c.logout_type, audit_events.c.reason, text("hour"), text("length")),
)


_FORGET_SALTS, _FORGET_SALTS_OF_OTHERS = (
    Statement(
        update(audit_links)
        .where(audit_links.c.seq.in_(select(audit_events.c.seq).where(events).scalar_subquery()))
        .values(salt=null())
    )
    for events in (audit_events.c.user_id == bindparam("key"), _OTHERS)
)


async def add(tx: Tx, *, event: str, reason: str, caller: Caller, session: SessionRow) -> None:
    """Record an event that the service itself found and that closed nothing, such as a change of the IP address."""
    await _add(
        tx,
        caller.acting_as(SYSTEM),
        event=event,
        user_id=session["user_id"],
        session_id=session["id"],
        device_id=session["device_id"],
        logout_type="automatic",
        reason=reason,
        session_duration=max(0, tx.now - session["created_at"]),
    )


async def record(
    tx: Tx,
    event: str,
    caller: Caller,
    *,
    user_id: str | None = None,
    session_id: str | None = None,
    device_id: str | None = None,
    reason: str | None = None,
    subject: str | None = None,
    success: bool = True,
    attempts: int | None = None,
) -> None:
    """Record an event that closes no session.

    Args:
        caller: with the actor.
        user_id: whom it concerns; None: nobody, or nobody known.
        subject: what was acted upon, where it is no user and no session, in 128 characters.
        success: False: it was refused.
        attempts: how many refusals of one kind the row stands for; None: it is no refusal.
    """
    await _add(
        tx,
        caller,
        event=event,
        user_id=user_id,
        session_id=session_id,
        device_id=device_id,
        reason=reason,
        subject=subject,
        success=success,
        attempts=attempts,
    )


_NOTHING = dict.fromkeys(("logout_type", "session_duration", "subject", "attempts"))


async def _add(tx: Tx, caller: Caller, **values: Any) -> None:
    always = {
        "timestamp": tx.now,
        "sessions_closed": 0,
        "success": True,
        "ip_address": caller.ip_address,
        "user_agent": caller.user_agent,
        "trace_id": caller.trace_id,
        "actor_type": caller.actor.type,
        "actor_id": caller.actor.id,
    }
    await tx.run(_ADD, **(_NOTHING | always | values))


async def page(
    tx: Tx,
    *,
    limit: int,
    user_id: str | None = None,
    session_id: str | None = None,
    event: str | None = None,
    logout_type: str | None = None,
    from_time: int | None = None,
    to_time: int | None = None,
    before: int | None = None,
) -> Sequence[AuditEventRow]:
    """Events of sessions, newest first; a filter that is None doesn't apply.

    Args:
        limit: the largest number of events.
        from_time: milliseconds: events of this time and later.
        to_time: milliseconds: events before this time.
        before: events with a smaller `seq`: the last one of the page before.
    """
    filters = {
        "user_id": user_id,
        "session_id": session_id,
        "event": event,
        "logout_type": logout_type,
        "from_time": from_time,
        "to_time": to_time,
        "before": before,
    }
    given = {name: value for name, value in filters.items() if value is not None}
    return await tx.rows(page_query(frozenset(given)), limit=limit, **given)


async def trail(
    tx: Tx,
    *,
    limit: int,
    user_id: str | None = None,
    session_id: str | None = None,
    event: str | None = None,
    logout_type: str | None = None,
    actor_id: str | None = None,
    from_time: int | None = None,
    to_time: int | None = None,
) -> Sequence[AuditEventRow]:
    """Events of all kinds, newest first; a filter that is None doesn't apply.

    Args:
        from_time: milliseconds: events of this time and later.
        to_time: milliseconds: events before this time.
    """
    filters = {
        "user_id": user_id,
        "session_id": session_id,
        "event": event,
        "logout_type": logout_type,
        "actor_id": actor_id,
        "from_time": from_time,
        "to_time": to_time,
    }
    given = {name: value for name, value in filters.items() if value is not None}
    return await tx.rows(trail_query(frozenset(given)), limit=limit, **given)


async def has_forced_out(tx: Tx, actor_id: str, *, except_user_id: str, since: int) -> bool:
    """Whether an administrator has closed sessions of another user than this one, and not the administrator's own.

    Args:
        since: milliseconds: at this time or later.
    """
    return bool(await tx.rows(_FORCED_OUT, actor_id=actor_id, except_user_id=except_user_id, since=since))


async def oldest_first(tx: Tx, *, page: int, **filters: Any) -> AsyncIterator[Sequence[AuditEventRow]]:
    """All events that there are, by pages, oldest first; the filters are those of `trail`."""
    given = {name: value for name, value in filters.items() if value is not None}
    after = 0
    while True:
        rows = await tx.rows(oldest_query(frozenset({*given, "after"})), limit=page, after=after, **given)
        if rows:
            yield rows
        if len(rows) < page:
            return
        after = rows[-1]["seq"]


async def closings_by(tx: Tx, *, from_time: int, to_time: int) -> Sequence[ClosingsRow]:
    """How many sessions were closed in a time, by type, reason, hour of the day (UTC) and class of their length.

    Args:
        from_time: milliseconds, included.
        to_time: milliseconds, excluded.
    """
    return await tx.rows(_CLOSINGS_BY, from_time=from_time, to_time=to_time)


async def erase(tx: Tx, user_id: str) -> int:
    """Remove IP addresses, user agents and device ids from the user's events. Returns the number of these events.

    Those in which the user acted on others lose the same, and are not counted. The hash chain goes on to fit: without
    its salt, a link stands for what was erased, and nobody can guess it from the hash.
    """
    await tx.run(_FORGET_SALTS, key=user_id)
    await tx.run(_FORGET_SALTS_OF_OTHERS, key=user_id)
    await tx.run(_ERASE_ACTOR, key=user_id)
    return await tx.run(_ERASE, key=user_id)
