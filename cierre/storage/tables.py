"""The tables. Times are milliseconds since the epoch, UTC; ids are text; secrets are stored as SHA-256 hex only.

`personal_access_tokens` alone is Laravel's: its columns are those of Laravel's own migration.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only where the primary key is an INTEGER.
Serial = BigInteger().with_variant(Integer, "sqlite")

users = Table(
    "users",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("email", String(320), nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("enabled", Boolean, nullable=False),
    # Sessions made before the user's last "close all" have a smaller epoch than the user.
    Column("epoch", BigInteger, nullable=False, server_default=text("0")),
    # The user's key in a Laravel application that shares the table personal_access_tokens.
    Column("tokenable_id", BigInteger, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
)

clients = Table(
    "clients",
    metadata,
    Column("id", String(128), primary_key=True),
    Column("dialect", String(16)),
    Column("secret_hash", String(64)),
    Column("created_at", BigInteger, nullable=False),
)

# On PostgreSQL hash-partitioned by user (document 003, "Escalabilidad"): every statement names the user.
sessions = Table(
    "sessions",
    metadata,
    Column("user_id", String(24), ForeignKey("users.id"), primary_key=True),
    Column("id", String(24), primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("device_id", String(128), nullable=False),
    Column("client_id", String(128), nullable=False),
    Column("status", String(8), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("ip_address", String(45)),
    Column("user_agent", Text),
    Column("closed_at", BigInteger),
    Column("logout_reason", String(16)),
    # Which closing closed it, so that SQLite can select its rows afterwards.
    Column("closing", String(32)),
    # The Sanctum token that the session has, if it has one.
    Column("token_id", BigInteger),
    postgresql_partition_by="HASH (user_id)",
)
Index(
    "ix_sessions_open",
    sessions.c.user_id,
    sessions.c.device_id,
    # Without it, PostgreSQL finds the unexpired sessions by the index on expires_at, which has those of all users.
    sessions.c.expires_at,
    postgresql_where=sessions.c.closed_at.is_(None),
    sqlite_where=sessions.c.closed_at.is_(None),
)
Index(
    "ix_sessions_last_seen_at",
    sessions.c.last_seen_at,
    postgresql_where=sessions.c.closed_at.is_(None),
    sqlite_where=sessions.c.closed_at.is_(None),
)
# Not partial: it finds what is due to close and, later, what is due to be purged.
Index("ix_sessions_expires_at", sessions.c.expires_at)
Index("ix_sessions_closing", sessions.c.user_id, sessions.c.closing).ddl_if(dialect="sqlite")

# A rotated token stays until it expires, so that a replay of it is recognised.
refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("user_id", String(24), nullable=False),
    Column("session_id", String(24), nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("exchanged_at", BigInteger),
    Index("ix_refresh_tokens_session", "user_id", "session_id"),
    Index("ix_refresh_tokens_expires_at", "expires_at"),
)

# One row for each closed session, or one for a user whose sessions were all closed.
revocations = Table(
    "revocations",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    # The writing transaction, so that a reader misses none that commits late; SQLite has one writer at a time: 0.
    Column("transaction_id", BigInteger, nullable=False),
    Column("user_id", String(24), nullable=False),
    Column("session_id", String(24)),
    Column("epoch", BigInteger),
    Column("expires_at", BigInteger, nullable=False),
    Index("ix_revocations_transaction_id", "transaction_id"),
    Index("ix_revocations_expires_at", "expires_at", postgresql_using="brin"),
)

audit_events = Table(
    "audit_events",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("timestamp", BigInteger, nullable=False),
    Column("event", String(32), nullable=False),
    Column("user_id", String(24), nullable=False),
    Column("session_id", String(24)),
    Column("device_id", String(128)),
    Column("logout_type", String(16)),
    Column("sessions_closed", Integer, nullable=False),
    Column("reason", String(100)),
    Column("ip_address", String(45)),
    Column("user_agent", Text),
    Column("session_duration", BigInteger),
    Column("success", Boolean, nullable=False),
    Column("trace_id", String(36), nullable=False),
    Index("ix_audit_events_user_id_seq", "user_id", "seq"),
    Index("ix_audit_events_session_id", "session_id"),
    Index("ix_audit_events_timestamp", "timestamp", postgresql_using="brin"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("principal", String(64), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("answer", Text),
    Index("ix_idempotency_keys_expires_at", "expires_at"),
)

# For work that only one node does at a time.
leases = Table(
    "leases",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("holder", String(36), nullable=False),
    Column("until", BigInteger, nullable=False),
)

# As Laravel's migration makes it; the rows may be Laravel's own.
personal_access_tokens = Table(
    "personal_access_tokens",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("tokenable_type", String(255), nullable=False),
    Column("tokenable_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("token", String(64), nullable=False, unique=True),
    Column("abilities", Text),
    Column("last_used_at", DateTime),
    Column("expires_at", DateTime),
    Column("created_at", DateTime),
    Column("updated_at", DateTime),
    Index("personal_access_tokens_tokenable_type_tokenable_id_index", "tokenable_type", "tokenable_id"),
    sqlite_autoincrement=True,
)

# Which session a Sanctum token has, with its hash and expiry, which stay after a closing has deleted the token's row.
sanctum_sessions = Table(
    "sanctum_sessions",
    metadata,
    Column("token_id", BigInteger, primary_key=True, autoincrement=False),
    Column("token_hash", String(64), nullable=False),
    Column("expires_at", BigInteger),
    Column("user_id", String(24), nullable=False),
    Column("session_id", String(24), nullable=False),
    Index("ix_sanctum_sessions_session", "user_id", "session_id"),
)
