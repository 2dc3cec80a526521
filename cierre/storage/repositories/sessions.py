"""Sessions, but for their closing, which is in `closings`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    Float,
    bindparam,
    cast,
    column,
    delete,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    table,
    update,
)

from cierre.storage.repositories.everyone import CLOSED_AT, IS_OPEN, LOGOUT_REASON
from cierre.storage.rows import (
    CountRow,
    RefreshSessionRow,
    SessionForClientRow,
    SessionKeyRow,
    SessionRow,
    SessionTimesRow,
    SessionWithUserRow,
)
from cierre.storage.statements import Query, Statement, Tx, is_storable
from cierre.storage.tables import clients, idempotency_keys, refresh_tokens, sanctum_sessions, sessions, users

# Open sessions that are counted, at the most.
COUNTED = 100_000

_COLUMNS = (
    sessions.c.id,
    sessions.c.user_id,
    sessions.c.device_id,
    sessions.c.client_id,
    sessions.c.created_at,
    sessions.c.last_seen_at,
    sessions.c.expires_at,
    sessions.c.ip_address,
    sessions.c.user_agent,
    CLOSED_AT,
    LOGOUT_REASON,
    sessions.c.epoch,
    sessions.c.token_id,
)
_USER = sessions.c.user_id == bindparam("user_id")
_OF_REFRESH_TOKEN = ("hash", "issued_at", "expires_at", "exchanged_at", "family")

_ADD = Statement(
    insert(sessions).values(
        {
            name: bindparam(name)
            for name in (
                "user_id",
                "id",
                "epoch",
                "device_id",
                "client_id",
                "status",
                "created_at",
                "last_seen_at",
                "expires_at",
                "ip_address",
                "user_agent",
                "token_id",
            )
        }
    )
)
_FIND = Query(SessionRow, select(*_COLUMNS).where(_USER, sessions.c.id == bindparam("id")))
_WITH_USER = (
    select(
        *_COLUMNS,
        users.c.email,
        users.c.role,
        users.c.enabled,
        clients.c.secret_hash.is_not(None).label("client_is_confidential"),
    )
    .join(users, users.c.id == sessions.c.user_id)
    .outerjoin(clients, clients.c.id == sessions.c.client_id)
    .where(_USER)
)
_FIND_WITH_USER = Query(SessionWithUserRow, _WITH_USER.where(sessions.c.id == bindparam("id")))
_FIND_FOR_CLIENT = Query(
    SessionForClientRow,
    select(*_COLUMNS, clients.c.secret_hash, clients.c.previous_secret_hash, clients.c.previous_secret_until)
    .join(clients, clients.c.id == bindparam("client_id"))
    .where(_USER, sessions.c.id == bindparam("id")),
)
# The user is named for each table, so that one partition is looked at.
_FIND_BY_REFRESH_TOKEN = Query(
    RefreshSessionRow,
    _WITH_USER.add_columns(
        *(refresh_tokens.c[name].label(f"refresh_{name}") for name in _OF_REFRESH_TOKEN),
    )
    .join(refresh_tokens, refresh_tokens.c.session_id == sessions.c.id)
    .where(refresh_tokens.c.hash == bindparam("hash"), refresh_tokens.c.user_id == bindparam("user_id")),
)
# A request that renews the session's token at the same time waits, and then finds the new one.
_LOCKED = Query(SessionRow, select(*_COLUMNS).where(_USER, sessions.c.id == bindparam("id")).with_for_update())
_OPEN_OF_USER = Query(
    SessionRow,
    select(*_COLUMNS)
    .where(_USER, IS_OPEN, sessions.c.expires_at > bindparam("now"))
    .order_by(sessions.c.created_at.desc(), sessions.c.id),
)
_COUNT_OPEN = Query(
    CountRow,
    select(func.count().label("count"))
    .select_from(sessions)
    .where(_USER, IS_OPEN, sessions.c.expires_at > bindparam("now")),
)
_ALL_OPEN = select(sessions.c.id).where(IS_OPEN, sessions.c.expires_at > bindparam("now"))
_COUNT_ALL_OPEN = Query(
    CountRow,
    select(func.count().label("count")).select_from(_ALL_OPEN.limit(bindparam("limit")).subquery()),
    sqlite=select(func.count().label("count")).select_from(_ALL_OPEN.subquery()),
    planned_anew=True,
)
# What the last VACUUM or ANALYZE of each partition found in its index of open sessions; -1: there was none.
_RELATIONS = table("pg_class", column("oid"), column("reltuples", Float))
_PARTITIONS = table("pg_inherits", column("inhrelid"), column("inhparent"))
_ESTIMATE_ALL_OPEN = Query(
    CountRow,
    select(cast(func.coalesce(func.sum(func.greatest(_RELATIONS.c.reltuples, 0)), 0), BigInteger).label("count"))
    .select_from(_RELATIONS.join(_PARTITIONS, _PARTITIONS.c.inhrelid == _RELATIONS.c.oid))
    .where(_PARTITIONS.c.inhparent == literal_column("'ix_sessions_open'::regclass")),
)
_RECORD_USE = Query(
    SessionRow,
    update(sessions)
    .where(
        sessions.c.user_id == bindparam("key"),
        sessions.c.id == bindparam("session"),
        sessions.c.last_seen_at == bindparam("seen_before"),
        IS_OPEN,
    )
    .values(
        last_seen_at=bindparam("last_seen_at"),
        ip_address=bindparam("ip_address"),
        user_agent=bindparam("user_agent"),
    )
    .returning(*_COLUMNS),
)
_SET_TOKEN = Statement(
    update(sessions)
    .where(sessions.c.user_id == bindparam("key"), sessions.c.id == bindparam("session"), IS_OPEN)
    .values(token_id=bindparam("token_id"))
)
_DUE = Query(
    SessionTimesRow,
    select(sessions.c.user_id, sessions.c.id, sessions.c.last_seen_at, sessions.c.expires_at)
    .where(
        IS_OPEN,
        or_(sessions.c.last_seen_at < bindparam("idle_since"), sessions.c.expires_at <= bindparam("now")),
    )
    .limit(bindparam("limit")),
    planned_anew=True,
)
_PURGEABLE = Query(
    SessionKeyRow,
    select(sessions.c.user_id, sessions.c.id)
    .where(sessions.c.expires_at < bindparam("before"), sessions.c.closed_at.is_not(None))
    .limit(bindparam("limit")),
    planned_anew=True,
)

_PURGE = Statement(delete(sessions).where(_USER, sessions.c.id == bindparam("id"), sessions.c.closed_at.is_not(None)))
_ERASE = Statement(
    update(sessions)
    .where(sessions.c.user_id == bindparam("key"))
    .values(ip_address=null(), user_agent=null(), device_id=bindparam("device_id"))
)
_ERASE_ANSWERS = Statement(delete(idempotency_keys).where(idempotency_keys.c.user_id == bindparam("key")))
_PURGE_SANCTUM = Statement(
    delete(sanctum_sessions).where(
        sanctum_sessions.c.user_id == bindparam("user_id"), sanctum_sessions.c.session_id == bindparam("id")
    )
)
_PURGE_REFRESH = Statement(
    delete(refresh_tokens).where(
        refresh_tokens.c.user_id == bindparam("user_id"), refresh_tokens.c.session_id == bindparam("id")
    )
)


async def add(
    tx: Tx,
    *,
    user_id: str,
    session_id: str,
    epoch: int,
    device_id: str,
    client_id: str,
    expires_at: int,
    ip_address: str | None,
    user_agent: str | None,
    token_id: int | None = None,
) -> None:
    """Open a session.

    Args:
        epoch: of the user, now.
        expires_at: milliseconds.
        token_id: of the Sanctum token that the session has; None: it has a JWT.
    """
    await tx.run(
        _ADD,
        user_id=user_id,
        id=session_id,
        epoch=epoch,
        device_id=device_id,
        client_id=client_id,
        status="active",
        created_at=tx.now,
        last_seen_at=tx.now,
        expires_at=expires_at,
        ip_address=ip_address,
        user_agent=user_agent,
        token_id=token_id,
    )


async def find(tx: Tx, user_id: str, session_id: str) -> SessionRow | None:
    """The session, open or closed."""
    return await tx.row(_FIND, user_id=user_id, id=session_id)


async def locked(tx: Tx, user_id: str, session_id: str) -> SessionRow | None:
    """The session, which no other transaction changes until this one ends."""
    return await tx.row(_LOCKED, user_id=user_id, id=session_id)


async def find_with_user(tx: Tx, user_id: str, session_id: str) -> SessionWithUserRow | None:
    """The session, open or closed, with columns of its user and its client."""
    return await tx.row(_FIND_WITH_USER, user_id=user_id, id=session_id)


async def find_for_client(tx: Tx, user_id: str, session_id: str, *, client_id: str) -> SessionForClientRow | None:
    """The session, open or closed, with the secrets of the client that asks; None: one of the two is unknown."""
    if not is_storable(client_id):
        return None
    return await tx.row(_FIND_FOR_CLIENT, user_id=user_id, id=session_id, client_id=client_id)


async def find_by_refresh_token(tx: Tx, user_id: str, token_hash: str) -> RefreshSessionRow | None:
    """The session of a refresh token of this user, with the token, whatever has become of both.

    Args:
        token_hash: SHA-256 in hex.
    """
    return await tx.row(_FIND_BY_REFRESH_TOKEN, user_id=user_id, hash=token_hash)


async def open_of(tx: Tx, user_id: str) -> Sequence[SessionRow]:
    """The user's open sessions, newest first."""
    return await tx.rows(_OPEN_OF_USER, user_id=user_id, now=tx.now)


async def count_open(tx: Tx, user_id: str) -> int:
    """How many open sessions the user has."""
    row = await tx.row(_COUNT_OPEN, user_id=user_id, now=tx.now)
    return row["count"] if row else 0


async def count_all_open(tx: Tx) -> int:
    """How many open sessions all users have together.

    PostgreSQL counts `COUNTED` of them at the most: where there are more, it is an estimate. SQLite looks at all.
    """
    row = await tx.row(_COUNT_ALL_OPEN, now=tx.now, limit=COUNTED)
    count = row["count"] if row else 0
    if tx.backend == "sqlite" or count < COUNTED:
        return count
    estimate = await tx.row(_ESTIMATE_ALL_OPEN)
    return max(count, estimate["count"] if estimate else 0)


async def record_use(
    tx: Tx, session: SessionRow, *, ip_address: str | None, user_agent: str | None
) -> SessionRow | None:
    """Store that the session is used now, and from where, unless another request did since the session was read.

    Returns:
        The session as it is now; None: another request did.
    """
    return await tx.row(
        _RECORD_USE,
        key=session["user_id"],
        session=session["id"],
        seen_before=session["last_seen_at"],
        # Later than before, whatever the clock says: another request that has read the same row then changes nothing.
        last_seen_at=max(tx.now, session["last_seen_at"] + 1),
        ip_address=ip_address,
        user_agent=user_agent,
    )


async def set_token(tx: Tx, user_id: str, session_id: str, token_id: int) -> None:
    """Replace the Sanctum token that the session has."""
    await tx.run(_SET_TOKEN, key=user_id, session=session_id, token_id=token_id)


async def due(tx: Tx, *, idle_since: int, limit: int) -> Sequence[SessionTimesRow]:
    """At most `limit` open sessions of any user, not used since `idle_since` (milliseconds) or expired by now."""
    return await tx.rows(_DUE, idle_since=idle_since, now=tx.now, limit=limit)


async def purge(tx: Tx, *, ended_before: int, limit: int) -> int:
    """Delete at most `limit` closed sessions that expired before `ended_before` (milliseconds), with their tokens.

    Returns how many were deleted.
    """
    rows = await tx.rows(_PURGEABLE, before=ended_before, limit=limit)
    async with tx.atomic():
        for row in rows:
            await tx.run(_PURGE_REFRESH, user_id=row["user_id"], id=row["id"])
            await tx.run(_PURGE_SANCTUM, user_id=row["user_id"], id=row["id"])
            await tx.run(_PURGE, user_id=row["user_id"], id=row["id"])
    return len(rows)


async def erase(tx: Tx, user_id: str) -> None:
    """Remove IP addresses, user agents and device ids from the user's sessions, and delete their stored answers."""
    await tx.run(_ERASE_ANSWERS, key=user_id)
    await tx.run(_ERASE, key=user_id, device_id="erased")
