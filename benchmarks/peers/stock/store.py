"""The work of one logout in SQLAlchemy's async ORM, as its tutorial writes it: five rows, one commit."""

import os
import sys
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, DateTime, ForeignKey, Integer, String, create_engine, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ACCESS_LIFETIME = timedelta(minutes=15)
Serial = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """Times are aware; ids are text."""

    type_annotation_map = {datetime: DateTime(timezone=True)}  # noqa: RUF012


class User(Base):
    """Whose session it is."""

    __tablename__ = "users"
    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)


class Session(Base):
    """One login."""

    __tablename__ = "sessions"
    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    device_id: Mapped[str] = mapped_column(String(128))
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    logout_reason: Mapped[str | None] = mapped_column(String(16))


class RefreshToken(Base):
    """Kept as a hash; a tombstone once revoked."""

    __tablename__ = "refresh_tokens"
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), index=True)
    revoked_at: Mapped[datetime | None]


class Denied(Base):
    """A session whose access tokens are refused until they expire."""

    __tablename__ = "denylist"
    session_id: Mapped[str] = mapped_column(String(24), primary_key=True)
    expires_at: Mapped[datetime]


class Audit(Base):
    """One closed session."""

    __tablename__ = "peer_audit"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    at: Mapped[datetime]
    event: Mapped[str] = mapped_column(String(32))
    user_id: Mapped[str] = mapped_column(String(24))
    session_id: Mapped[str] = mapped_column(String(24))
    device_id: Mapped[str] = mapped_column(String(128))
    logout_type: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(32))


def connect() -> async_sessionmaker[AsyncSession]:
    url = os.environ["STORE_URL"]
    # One connection to a file: its writers take turns anyway, and waiting in the pool is quicker than for a lock.
    engine = create_async_engine(url, pool_size=1 if url.startswith("sqlite") else 16, max_overflow=0)
    return async_sessionmaker(engine, expire_on_commit=False)


async def is_denied(db: AsyncSession, session_id: str) -> bool:
    return await db.get(Denied, session_id) is not None


async def logout(db: AsyncSession, session_id: str) -> dict[str, object] | None:
    """Close the session; None where it is closed already. The answer is document 003's."""
    session = await db.get(Session, session_id, with_for_update=True)
    if session is None or session.closed_at is not None:
        return None
    user = await db.get_one(User, session.user_id)
    now = datetime.now(UTC)
    session.closed_at = now
    session.logout_reason = "user_logout"
    for token in await db.scalars(select(RefreshToken).where(RefreshToken.session_id == session_id)):
        token.revoked_at = now
    db.add(Denied(session_id=session_id, expires_at=now + ACCESS_LIFETIME))
    db.add(_audit(session, now))
    still_open = select(func.count()).where(Session.user_id == user.id, Session.closed_at.is_(None))
    remaining = await db.scalar(still_open)
    await db.commit()
    return _answer(session, user, now, remaining or 0)


def _audit(session: Session, now: datetime) -> Audit:
    return Audit(
        at=now,
        event="user_logout",
        user_id=session.user_id,
        session_id=session.id,
        device_id=session.device_id,
        logout_type="single_device",
        reason="user_initiated",
    )


def _answer(session: Session, user: User, now: datetime, remaining: int) -> dict[str, object]:
    return {
        "success": True,
        "message": "Sesión cerrada exitosamente",
        "data": {
            "logout": {
                "sessionsClosed": 1,
                "deviceIds": [session.device_id],
                "logoutType": "single_device",
                "loggedOutAt": now.isoformat(timespec="milliseconds"),
            },
            "user": {"id": user.id, "email": user.email, "activeSessions": remaining},
        },
    }


if __name__ == "__main__":  # `python store.py URL` makes the tables, through a synchronous driver
    Base.metadata.create_all(create_engine(sys.argv[1]))
