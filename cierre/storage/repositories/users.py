"""The users."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, func, insert, select, update

from cierre.storage.statements import Row, Statement, Tx, findable
from cierre.storage.tables import users

_COLUMNS = (
    users.c.id,
    users.c.email,
    users.c.password_hash,
    users.c.role,
    users.c.enabled,
    users.c.epoch,
    users.c.tokenable_id,
)
_EVERY = Statement(select(*_COLUMNS).order_by(users.c.email))
_BY_ID = Statement(select(*_COLUMNS).where(users.c.id == bindparam("id")))
_BY_EMAIL = Statement(select(*_COLUMNS).where(users.c.email == bindparam("email")))
_BY_TOKENABLE = Statement(select(*_COLUMNS).where(users.c.tokenable_id == bindparam("tokenable_id")))
# Until the login commits, nobody closes all sessions of this user, and the other way round.
_LOCKED = Statement(select(*_COLUMNS).where(users.c.id == bindparam("id")).with_for_update(read=True))
_ADD = Statement(
    insert(users).values(
        id=bindparam("id"),
        email=bindparam("email"),
        password_hash=bindparam("password_hash"),
        role=bindparam("role"),
        enabled=bindparam("enabled"),
        epoch=bindparam("epoch"),
        tokenable_id=bindparam("tokenable_id"),
        created_at=bindparam("created_at"),
    )
)
_LAST_TOKENABLE = Statement(select(func.coalesce(func.max(users.c.tokenable_id), 0).label("last")))
_SET_ROLE = Statement(update(users).where(users.c.id == bindparam("key")).values(role=bindparam("role")))
_SET_ENABLED = Statement(update(users).where(users.c.id == bindparam("key")).values(enabled=bindparam("enabled")))
_SET_PASSWORD = Statement(update(users).where(users.c.id == bindparam("key")).values(password_hash=bindparam("new")))
_CHANGE_PASSWORD = Statement(
    update(users)
    .where(users.c.id == bindparam("key"), users.c.password_hash == bindparam("old"))
    .values(password_hash=bindparam("new"))
)
_ADVANCE_EPOCH = Statement(update(users).where(users.c.id == bindparam("key")).values(epoch=users.c.epoch + 1))
_ERASE = Statement(
    update(users)
    .where(users.c.id == bindparam("key"))
    .values(email=bindparam("email"), password_hash=bindparam("password_hash"), enabled=bindparam("enabled"))
)


async def every(tx: Tx) -> Sequence[Row]:
    return await tx.rows(_EVERY)


async def by_id(tx: Tx, user_id: str) -> Row | None:
    return await tx.row(_BY_ID, id=user_id)


async def by_email(tx: Tx, email: str) -> Row | None:
    return await tx.row(_BY_EMAIL, email=email) if findable(email) else None


async def by_tokenable_id(tx: Tx, tokenable_id: int) -> Row | None:
    return await tx.row(_BY_TOKENABLE, tokenable_id=tokenable_id)


async def locked(tx: Tx, user_id: str) -> Row | None:
    """The user, who keeps his epoch until the transaction ends."""
    return await tx.row(_LOCKED, id=user_id)


async def add(tx: Tx, *, user_id: str, email: str, password_hash: str, role: str, tokenable_id: int | None) -> None:
    """Add a user; without a `tokenable_id` he gets the next one."""
    async with tx.atomic():
        if tokenable_id is None:
            last = await tx.row(_LAST_TOKENABLE)
            tokenable_id = (last["last"] if last else 0) + 1
        await tx.run(
            _ADD,
            id=user_id,
            email=email,
            password_hash=password_hash,
            role=role,
            enabled=True,
            epoch=0,
            tokenable_id=tokenable_id,
            created_at=tx.now,
        )


async def set_role(tx: Tx, user_id: str, role: str) -> None:
    await tx.run(_SET_ROLE, key=user_id, role=role)


async def set_enabled(tx: Tx, user_id: str, *, enabled: bool) -> None:
    await tx.run(_SET_ENABLED, key=user_id, enabled=enabled)


async def set_password(tx: Tx, user_id: str, password_hash: str) -> None:
    await tx.run(_SET_PASSWORD, key=user_id, new=password_hash)


async def change_password(tx: Tx, user_id: str, *, old: str, new: str) -> bool:
    """Replace the hash, if it is still the old one. Returns whether it was."""
    return await tx.run(_CHANGE_PASSWORD, key=user_id, old=old, new=new) == 1


async def advance_epoch(tx: Tx, user_id: str) -> bool:
    """Make every session of the user one of the past. Returns whether there is such a user."""
    return await tx.run(_ADVANCE_EPOCH, key=user_id) == 1


async def erase(tx: Tx, user_id: str) -> None:
    """Forget who the user was; the id stays, so that the trail stays whole."""
    await tx.run(_ERASE, key=user_id, email=f"erased-{user_id}@invalid", password_hash="!", enabled=False)
