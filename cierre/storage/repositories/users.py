"""Users."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, func, insert, select, update

from cierre.storage.repositories.everyone import USER_EPOCH
from cierre.storage.rows import LastTokenableRow, UserRow
from cierre.storage.statements import Query, Statement, Tx, is_storable
from cierre.storage.tables import users

_COLUMNS = (
    users.c.id,
    users.c.email,
    users.c.password_hash,
    users.c.role,
    users.c.enabled,
    USER_EPOCH,
    users.c.tokenable_id,
)
_EVERY = Query(UserRow, select(*_COLUMNS).order_by(users.c.email))
_BY_ID = Query(UserRow, select(*_COLUMNS).where(users.c.id == bindparam("id")))
_BY_EMAIL = Query(UserRow, select(*_COLUMNS).where(users.c.email == bindparam("email")))
_BY_TOKENABLE = Query(UserRow, select(*_COLUMNS).where(users.c.tokenable_id == bindparam("tokenable_id")))
# Until the login commits, "close all sessions" of this user waits, and the other way round.
_LOCKED = Query(UserRow, select(*_COLUMNS).where(users.c.id == bindparam("id")).with_for_update(read=True))
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
_LAST_TOKENABLE = Query(LastTokenableRow, select(func.coalesce(func.max(users.c.tokenable_id), 0).label("last")))
_SET_ROLE = Statement(update(users).where(users.c.id == bindparam("key")).values(role=bindparam("role")))
_SET_ENABLED = Statement(update(users).where(users.c.id == bindparam("key")).values(enabled=bindparam("enabled")))
_SET_PASSWORD = Statement(update(users).where(users.c.id == bindparam("key")).values(password_hash=bindparam("new")))
_CHANGE_PASSWORD = Statement(
    update(users)
    .where(users.c.id == bindparam("key"), users.c.password_hash == bindparam("old"))
    .values(password_hash=bindparam("new"))
)
_ADVANCE_EPOCH = Statement(update(users).where(users.c.id == bindparam("key")).values(epoch=USER_EPOCH.element + 1))
_ERASE = Statement(
    update(users)
    .where(users.c.id == bindparam("key"))
    .values(email=bindparam("email"), password_hash=bindparam("password_hash"), enabled=bindparam("enabled"))
)


async def every(tx: Tx) -> Sequence[UserRow]:
    """All users, by e-mail address."""
    return await tx.rows(_EVERY)


async def by_id(tx: Tx, user_id: str) -> UserRow | None:
    """The user with this id."""
    return await tx.row(_BY_ID, id=user_id)


async def by_email(tx: Tx, email: str) -> UserRow | None:
    """The user with this e-mail address, in small letters."""
    if not is_storable(email):
        return None
    return await tx.row(_BY_EMAIL, email=email)


async def by_tokenable_id(tx: Tx, tokenable_id: int) -> UserRow | None:
    """The user with this key in Laravel."""
    return await tx.row(_BY_TOKENABLE, tokenable_id=tokenable_id)


async def locked(tx: Tx, user_id: str) -> UserRow | None:
    """The user with this id, whose epoch doesn't change until the transaction ends."""
    return await tx.row(_LOCKED, id=user_id)


async def add(tx: Tx, *, user_id: str, email: str, password_hash: str, role: str, tokenable_id: int | None) -> None:
    """Add an enabled user.

    Args:
        email: in small letters.
        tokenable_id: the user's key in Laravel; None: the next free one.
    """
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
    """Change the role; the user's access tokens keep the old one until they expire or are revoked."""
    await tx.run(_SET_ROLE, key=user_id, role=role)


async def set_enabled(tx: Tx, user_id: str, *, enabled: bool) -> None:
    """Decide whether the user may log in; open sessions stay as they are."""
    await tx.run(_SET_ENABLED, key=user_id, enabled=enabled)


async def set_password(tx: Tx, user_id: str, password_hash: str) -> None:
    """Replace the password's hash, whatever it was; open sessions stay as they are."""
    await tx.run(_SET_PASSWORD, key=user_id, new=password_hash)


async def change_password(tx: Tx, user_id: str, *, old: str, new: str) -> bool:
    """Replace the password's hash if it is still `old`. Returns whether it was."""
    return await tx.run(_CHANGE_PASSWORD, key=user_id, old=old, new=new) == 1


async def advance_epoch(tx: Tx, user_id: str) -> bool:
    """Increase the user's epoch: sessions that exist by now have a smaller one. Returns whether the user exists."""
    return await tx.run(_ADVANCE_EPOCH, key=user_id) == 1


async def erase(tx: Tx, user_id: str) -> None:
    """Overwrite e-mail address and password, and disable the user; the id stays, since audit events name it."""
    await tx.run(_ERASE, key=user_id, email=f"erased-{user_id}@invalid", password_hash="!", enabled=False)
