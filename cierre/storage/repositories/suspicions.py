"""What users and addresses did often, as each node tells it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, bindparam, cast, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from cierre.storage.rows import SuspicionRow
from cierre.storage.statements import Query, Statement, Tx
from cierre.storage.tables import suspicions

_KEY = ("began_at", "node", "kind", "counted_by", "subject")
_VALUES: dict[str, Any] = {column.name: bindparam(column.name) for column in suspicions.c}
_CHANGED: dict[str, Any] = {name: bindparam(name) for name in ("count", "last_at")}
_PUT = Statement(
    postgresql_insert(suspicions).values(_VALUES).on_conflict_do_update(index_elements=_KEY, set_=_CHANGED),
    sqlite=sqlite_insert(suspicions).values(_VALUES).on_conflict_do_update(index_elements=_KEY, set_=_CHANGED),
)
_COUNT = cast(func.sum(suspicions.c.count), BigInteger).label("count")
_FILTERS = {
    "kind": suspicions.c.kind == bindparam("kind"),
    "counted_by": suspicions.c.counted_by == bindparam("counted_by"),
}
_OLD = (
    select(*[suspicions.c[name] for name in _KEY])
    .where(suspicions.c.began_at < bindparam("before"))
    .limit(bindparam("limit"))
)
_PURGE = Statement(
    delete(suspicions).where(tuple_(*[suspicions.c[name] for name in _KEY]).in_(_OLD)), planned_anew=True
)


@cache
def top_query(filters: frozenset[str]) -> Query[SuspicionRow]:
    """The query of `top` with these filters."""
    return Query(
        SuspicionRow,
        select(
            suspicions.c.kind,
            suspicions.c.counted_by,
            suspicions.c.subject,
            _COUNT,
            func.min(suspicions.c.began_at).label("first_at"),
            func.max(suspicions.c.last_at).label("last_at"),
        )
        .where(suspicions.c.last_at >= bindparam("since"), *[_FILTERS[name] for name in sorted(filters)])
        .group_by(suspicions.c.kind, suspicions.c.counted_by, suspicions.c.subject)
        .order_by(_COUNT.desc(), func.max(suspicions.c.last_at).desc(), suspicions.c.kind, suspicions.c.subject)
        .limit(bindparam("limit")),
    )


async def put(
    tx: Tx, *, began_at: int, node: str, kind: str, counted_by: str, subject: str, count: int, last_at: int
) -> None:
    """Write down what somebody did in a window, as a node has counted it so far.

    Args:
        began_at: when the window began, in milliseconds.
        count: in the whole window; it replaces what the node wrote before.
        last_at: when it was counted last, in milliseconds.
    """
    await tx.run(
        _PUT,
        began_at=began_at,
        node=node,
        kind=kind,
        counted_by=counted_by,
        subject=subject,
        count=count,
        last_at=last_at,
    )


async def top(
    tx: Tx, *, since: int, limit: int, kind: str | None = None, counted_by: str | None = None
) -> Sequence[SuspicionRow]:
    """Who did most, first; a filter that is None doesn't apply.

    Args:
        since: milliseconds: who did it then or later.
        limit: the largest number of rows.
    """
    given = {name: value for name, value in (("kind", kind), ("counted_by", counted_by)) if value is not None}
    return await tx.rows(top_query(frozenset(given)), since=since, limit=limit, **given)


async def purge(tx: Tx, *, before: int, limit: int) -> int:
    """Delete at most `limit` rows of windows that began before then (milliseconds). Returns how many were deleted."""
    return await tx.run(_PURGE, before=before, limit=limit)
