"""The trail. Closings write their own rows; here is the reading, and the events that close nothing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, insert, null, select, update

from cierre.principal import Caller
from cierre.storage.statements import Row, Statement, Tx
from cierre.storage.tables import audit_events

_ADD = Statement(
    insert(audit_events).values(
        {column.name: bindparam(column.name) for column in audit_events.c if column.name != "seq"}
    )
)
_FILTERS = {
    "user_id": audit_events.c.user_id == bindparam("user_id"),
    "session_id": audit_events.c.session_id == bindparam("session_id"),
    "event": audit_events.c.event == bindparam("event"),
    "logout_type": audit_events.c.logout_type == bindparam("logout_type"),
    "from_time": audit_events.c.timestamp >= bindparam("from_time"),
    "to_time": audit_events.c.timestamp < bindparam("to_time"),
    "before": audit_events.c.seq < bindparam("before"),
}
_pages: dict[frozenset[str], Statement] = {}
_OLD = select(audit_events.c.seq).where(audit_events.c.timestamp < bindparam("before")).limit(bindparam("most"))
_PURGE = Statement(delete(audit_events).where(audit_events.c.seq.in_(_OLD.scalar_subquery())))
_ERASE = Statement(
    update(audit_events)
    .where(audit_events.c.user_id == bindparam("key"))
    .values(ip_address=null(), user_agent=null(), device_id=null())
)


async def add(tx: Tx, *, event: str, reason: str, caller: Caller, session: Row) -> None:
    """Record an event that closed nothing and that nobody asked for, such as a session that moved elsewhere."""
    await tx.run(
        _ADD,
        timestamp=tx.now,
        event=event,
        user_id=session["user_id"],
        session_id=session["id"],
        device_id=session["device_id"],
        logout_type="automatic",
        sessions_closed=0,
        reason=reason,
        ip_address=caller.ip_address,
        user_agent=caller.user_agent,
        session_duration=max(0, tx.now - session["created_at"]),
        success=True,
        trace_id=caller.trace_id,
    )


async def page(tx: Tx, *, most: int, **filters: str | int | None) -> Sequence[Row]:
    """Events, newest first: `user_id`, `session_id`, `event`, `logout_type`, `from_time`, `to_time` (milliseconds,
    the first included, the second not) and `before` (a `seq`) narrow them.
    """
    given = {name: value for name, value in filters.items() if value is not None}
    key = frozenset(given)
    if key not in _pages:
        query = select(audit_events).where(*[_FILTERS[name] for name in sorted(key)])
        _pages[key] = Statement(query.order_by(audit_events.c.seq.desc()).limit(bindparam("most")))
    return await tx.rows(_pages[key], most=most, **given)


async def purge(tx: Tx, *, before: int, most: int) -> int:
    """Delete events older than `before`. Returns how many there were."""
    return await tx.run(_PURGE, before=before, most=most)


async def erase(tx: Tx, user_id: str) -> int:
    """Take addresses, user agents and devices out of the user's events. Returns how many events he has."""
    return await tx.run(_ERASE, key=user_id)
