"""The links of the hash chain over the audit events, and what reads or deletes events by them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Integer,
    String,
    bindparam,
    column,
    delete,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.sql.elements import ColumnElement

from cierre.storage.rows import (
    AuditEventRow,
    AuditLinkRow,
    EventOfLinkRow,
    GapRow,
    SeqRow,
    SubjectRow,
    UserIdRow,
)
from cierre.storage.statements import Query, Statement, Tx
from cierre.storage.tables import audit_events, audit_links

# Events that the service itself writes about the chain and about what was taken out of it.
PRUNED = "audit_pruned"
ERASED = "account_erased"
PAGE = 1_000

_COLUMNS = tuple(audit_links.c)
_LAST = Query(AuditLinkRow, select(*_COLUMNS).order_by(audit_links.c.position.desc()).limit(1))
_AT = Query(AuditLinkRow, select(*_COLUMNS).where(audit_links.c.position == bindparam("position")))
_AFTER = Query(
    AuditLinkRow,
    select(*_COLUMNS)
    .where(audit_links.c.position > bindparam("after"))
    .order_by(audit_links.c.position)
    .limit(bindparam("limit")),
)
_SEALED_BEFORE = Query(
    SeqRow,
    select(audit_links.c.seq)
    .where(audit_links.c.sealed_at < bindparam("before"))
    .order_by(audit_links.c.position.desc())
    .limit(1),
)
_NEWEST = Query(SeqRow, select(audit_events.c.seq).order_by(audit_events.c.seq.desc()).limit(1))
_BETWEEN = (audit_events.c.seq > bindparam("after"), audit_events.c.seq <= bindparam("through"))
_WITHOUT_LINK = (
    select(audit_events)
    .outerjoin(audit_links, audit_links.c.seq == audit_events.c.seq)
    .where(audit_links.c.seq.is_(None))
    .order_by(audit_events.c.seq)
    .limit(bindparam("limit"))
)
_UNSEALED = Query(AuditEventRow, _WITHOUT_LINK.where(*_BETWEEN), planned_anew=True)
_GAP = (
    func.unnest(bindparam("firsts", type_=ARRAY(BigInteger)), bindparam("lasts", type_=ARRAY(BigInteger)))
    .table_valued(column("first", BigInteger), column("last", BigInteger))
    .render_derived()
)
_UNSEALED_IN_GAPS = Query(
    AuditEventRow,
    _WITHOUT_LINK.join(_GAP, audit_events.c.seq.between(_GAP.c.first, _GAP.c.last)),
    planned_anew=True,
)
_BEFORE = func.lag(audit_events.c.seq, 1, bindparam("after", type_=BigInteger)).over(order_by=audit_events.c.seq)
_NUMBERS = select(audit_events.c.seq, _BEFORE.label("before")).where(*_BETWEEN).subquery()
_GAPS = Query(
    GapRow,
    select((_NUMBERS.c.before + 1).label("first"), (_NUMBERS.c.seq - 1).label("last")).where(
        _NUMBERS.c.seq > _NUMBERS.c.before + 1
    ),
    planned_anew=True,
)
_BY_POSITION = Query(
    EventOfLinkRow,
    select(*audit_events.c, audit_links.c.position)
    .join(audit_links, audit_links.c.seq == audit_events.c.seq)
    .where(audit_links.c.position > bindparam("after"), audit_links.c.position <= bindparam("through"))
    .order_by(audit_links.c.position),
    planned_anew=True,
)
_BY_SEQ = Query(
    EventOfLinkRow,
    select(*audit_events.c, audit_links.c.position)
    .outerjoin(audit_links, audit_links.c.seq == audit_events.c.seq)
    .where(audit_events.c.seq > bindparam("after"))
    .order_by(audit_events.c.seq)
    .limit(bindparam("limit")),
    planned_anew=True,
)
# Constants, so that the partial index is found.
_PRUNINGS = Query(
    SubjectRow, select(audit_events.c.subject).where(audit_events.c.event == literal_column(f"'{PRUNED}'"))
)
_ERASURES = Query(
    UserIdRow, select(audit_events.c.user_id).where(audit_events.c.event == literal_column(f"'{ERASED}'"))
)

_TYPES = {
    "position": BigInteger,
    "seq": BigInteger,
    "form": Integer,
    "sealed_at": BigInteger,
    "settled_before": BigInteger,
    "personal": String,
    "salt": String,
    "hash": String,
}
_ADD = Statement(insert(audit_links).values({name: bindparam(name) for name in _TYPES}))


def _unnested(name: str) -> ColumnElement[object]:
    return func.unnest(bindparam(name, type_=ARRAY(_TYPES[name])))


# Several `unnest` in one list of columns go on together.
_ADD_ALL = Statement(insert(audit_links).from_select(list(_TYPES), select(*(_unnested(name) for name in _TYPES))))

_THROUGH = select(audit_links.c.seq).where(audit_links.c.position <= bindparam("through"))
_BATCH = (
    select(audit_events.c.seq)
    .where(audit_events.c.seq.in_(_THROUGH.scalar_subquery()))
    .limit(bindparam("limit"))
    .scalar_subquery()
)
_PRUNE_EVENTS = Statement(delete(audit_events).where(audit_events.c.seq.in_(_BATCH)), planned_anew=True)
_OLD_LINKS = (
    select(audit_links.c.position)
    .where(audit_links.c.position < bindparam("through"))
    .limit(bindparam("limit"))
    .scalar_subquery()
)
_PRUNE_LINKS = Statement(delete(audit_links).where(audit_links.c.position.in_(_OLD_LINKS)), planned_anew=True)


async def last(tx: Tx) -> AuditLinkRow | None:
    """The newest link; None: nothing is sealed."""
    return await tx.row(_LAST)


async def at(tx: Tx, position: int) -> AuditLinkRow | None:
    """The link at a position."""
    return await tx.row(_AT, position=position)


async def sealed_before(tx: Tx, before: int) -> int:
    """The number of the last event that was sealed before this time (milliseconds); 0: none was."""
    row = await tx.row(_SEALED_BEFORE, before=before)
    return row["seq"] if row else 0


async def newest(tx: Tx) -> int:
    """The largest number of an event; 0: there is none."""
    row = await tx.row(_NEWEST)
    return row["seq"] if row else 0


async def unsealed(tx: Tx, after: int, through: int, *, limit: int) -> Sequence[AuditEventRow]:
    """Events without a link with a number behind `after`, up to and with `through`, by number."""
    return await tx.rows(_UNSEALED, after=after, through=through, limit=limit)


async def gaps(tx: Tx, after: int, through: int) -> Sequence[GapRow]:
    """Numbers behind `after`, up to and with `through`, that have no event; on PostgreSQL only."""
    return await tx.rows(_GAPS, after=after, through=through)


async def unsealed_in_gaps(tx: Tx, found: Sequence[GapRow], *, limit: int) -> Sequence[AuditEventRow]:
    """Events without a link whose numbers had no event; on PostgreSQL only."""
    firsts, lasts = [gap["first"] for gap in found], [gap["last"] for gap in found]
    return await tx.rows(_UNSEALED_IN_GAPS, firsts=firsts, lasts=lasts, limit=limit)


async def add(tx: Tx, links: Sequence[AuditLinkRow]) -> None:
    """Add links; call it inside `atomic()`."""
    if tx.backend == "postgresql":
        await tx.run(_ADD_ALL, **{name: [_value(link, name) for link in links] for name in _TYPES})
        return
    for link in links:
        await tx.run(_ADD, **link)


def _value(link: AuditLinkRow, name: str) -> object:
    return dict(link)[name]


async def after(tx: Tx, position: int, *, limit: int = PAGE) -> Sequence[AuditLinkRow]:
    """Links behind a position, in order."""
    return await tx.rows(_AFTER, after=position, limit=limit)


async def events_between(tx: Tx, after: int, through: int) -> Sequence[EventOfLinkRow]:
    """The events of the links behind `after`, up to and with `through`, in the order of the chain."""
    return await tx.rows(_BY_POSITION, after=after, through=through)


async def events(tx: Tx, *, page: int = PAGE) -> AsyncIterator[Sequence[EventOfLinkRow]]:
    """All events by number, in pages, with the positions of their links."""
    number = -1
    while rows := await tx.rows(_BY_SEQ, after=number, limit=page):
        yield rows
        number = rows[-1]["seq"]


async def prunings(tx: Tx) -> list[str]:
    """What was pruned: `<position>:<hash>` of the last link of each pruned stretch."""
    return [row["subject"] for row in await tx.rows(_PRUNINGS) if row["subject"]]


async def erased_users(tx: Tx) -> frozenset[str]:
    """The users whose personal data were erased."""
    return frozenset(row["user_id"] for row in await tx.rows(_ERASURES) if row["user_id"])


async def prune_events(tx: Tx, *, through: int, limit: int) -> int:
    """Delete at most `limit` events of the links up to and with a position. Returns how many were deleted."""
    return await tx.run(_PRUNE_EVENTS, through=through, limit=limit)


async def prune_links(tx: Tx, *, through: int, limit: int) -> int:
    """Delete at most `limit` links before a position; the link there stays, for the next to follow on."""
    return await tx.run(_PRUNE_LINKS, through=through, limit=limit)
