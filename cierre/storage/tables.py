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
    Column("secret_made_at", BigInteger),
    # The one before it, which is good until its time is over.
    Column("previous_secret_hash", String(64)),
    Column("previous_secret_until", BigInteger),
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

# The last closing of everyone's sessions: one row, or none. A session of an earlier epoch is closed, whether its own
# row says so yet or not; `finished`: all rows say so. The rest is for their audit events.
everyone = Table(
    "everyone",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("epoch", BigInteger, nullable=False),
    Column("closed_at", BigInteger, nullable=False),
    Column("finished", Boolean, nullable=False),
    Column("reason", String(100), nullable=False),
    Column("trace_id", String(36), nullable=False),
    Column("actor_type", String(16), nullable=False),
    Column("actor_id", String(128)),
)

# Of a family, one token can be exchanged, and the one before it is kept, for the grace; a replay of an older one is
# recognised by the family. A token of before families stays until it expires.
refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("user_id", String(24), nullable=False),
    Column("session_id", String(24), nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("exchanged_at", BigInteger),
    Column("family", String(64)),
    Index("ix_refresh_tokens_family", "family"),
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
    # By the database's clock, in milliseconds; None: an older node wrote it.
    Column("revoked_at", BigInteger),
    Index("ix_revocations_transaction_id", "transaction_id"),
    Index("ix_revocations_expires_at", "expires_at", postgresql_using="brin"),
)

audit_events = Table(
    "audit_events",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("timestamp", BigInteger, nullable=False),
    Column("event", String(32), nullable=False),
    # Whom it concerns; who did it is the actor.
    Column("user_id", String(24)),
    Column("session_id", String(24)),
    Column("device_id", String(128)),
    # Of closings and of what was found at a session's use alone.
    Column("logout_type", String(16)),
    Column("sessions_closed", Integer, nullable=False),
    Column("reason", String(100)),
    Column("ip_address", String(45)),
    Column("user_agent", Text),
    Column("session_duration", BigInteger),
    Column("success", Boolean, nullable=False),
    Column("trace_id", String(36), nullable=False),
    # None: the row is older than this column.
    Column("actor_type", String(16)),
    Column("actor_id", String(128)),
    # What was acted upon, where it is no user and no session: a client, a key, a role.
    Column("subject", String(128)),
    # How many refusals of one kind the row stands for.
    Column("attempts", Integer),
    Index("ix_audit_events_user_id_seq", "user_id", "seq"),
    Index("ix_audit_events_session_id", "session_id"),
    Index("ix_audit_events_timestamp", "timestamp", postgresql_using="brin"),
    # A number is never used twice, even where the newest rows were deleted.
    sqlite_autoincrement=True,
)
Index(
    "ix_audit_events_actor_id",
    audit_events.c.actor_id,
    # Most users act on themselves, and are found by user_id.
    postgresql_where=audit_events.c.actor_id != audit_events.c.user_id,
    sqlite_where=audit_events.c.actor_id != audit_events.c.user_id,
)
Index(
    "ix_audit_events_gaps",
    audit_events.c.event,
    postgresql_where=text("event IN ('audit_pruned', 'account_erased')"),
    sqlite_where=text("event IN ('audit_pruned', 'account_erased')"),
)

# The hash chain over the audit events: one link for each, in the order in which they were sealed.
audit_links = Table(
    "audit_links",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False, unique=True),
    # Which columns are hashed, and how: cierre/domain/audit_chain.py.
    Column("form", Integer, nullable=False),
    Column("sealed_at", BigInteger, nullable=False),
    # Each event from before this time had its link when this one was made; None: it is not the last of its batch.
    Column("settled_before", BigInteger),
    # The hash of what can be erased; without the salt, nobody can guess it.
    Column("personal", String(64), nullable=False),
    Column("salt", String(32)),
    Column("hash", String(64), nullable=False),
)

# Events that are still to be sent: a row is deleted once every consumer has it.
outbox = Table(
    "outbox",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False),
    Column("type", String(32), nullable=False),
    Column("time", BigInteger, nullable=False),
    # As the audit trail has it.
    Column("event", String(32), nullable=False),
    Column("user_id", String(24)),
    Column("session_id", String(24)),
    Column("device_id", String(128)),
    Column("client_id", String(128)),
    Column("logout_type", String(16)),
    Column("sessions_closed", Integer),
    Column("reason", String(100)),
    Column("session_duration", BigInteger),
    Column("attempts", Integer),
    Column("trace_id", String(36), nullable=False),
    Column("actor_type", String(16), nullable=False),
    Column("actor_id", String(128)),
    # Of the request that caused it, where there are traces (W3C).
    Column("traceparent", String(55)),
    # True: it waits for the message queue, or for the signals to clients and receivers; None: no longer, or never did.
    Column("for_queue", Boolean),
    Column("for_signals", Boolean),
    sqlite_autoincrement=True,
)
Index(
    "ix_outbox_for_queue",
    outbox.c.seq,
    postgresql_where=outbox.c.for_queue.is_not(None),
    sqlite_where=outbox.c.for_queue.is_not(None),
)
Index(
    "ix_outbox_for_signals",
    outbox.c.seq,
    postgresql_where=outbox.c.for_signals.is_not(None),
    sqlite_where=outbox.c.for_signals.is_not(None),
)

# Who gets a signal when a session is closed: a client (`backchannel`), or a receiver of security events (`ssf`).
receivers = Table(
    "receivers",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("id", String(128), primary_key=True),
    Column("url", Text, nullable=False),
    Column("allow_private", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

# A signal that a receiver has not taken yet; `parked`: it was tried for a day, and waits for somebody.
deliveries = Table(
    "deliveries",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),
    Column("receiver", String(128), nullable=False),
    # As the outbox had it.
    Column("event_id", String(32), nullable=False),
    Column("user_id", String(24), nullable=False),
    Column("session_id", String(24), nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("event", String(32), nullable=False),
    Column("reason", String(100)),
    Column("created_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("parked", Boolean, nullable=False),
    Column("last_error", String(200)),
    Column("traceparent", String(55)),
    Index("ix_deliveries_next_at", "parked", "next_at"),
    Index("ix_deliveries_receiver", "kind", "receiver"),
    sqlite_autoincrement=True,
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("user_id", String(24), primary_key=True),
    Column("principal", String(64), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    # As the first request asked for it; `outcome` is the same before it was rendered, for what can be rendered again.
    Column("answer", Text),
    Column("outcome", Text),
    Index("ix_idempotency_keys_expires_at", "expires_at"),
    Index("ix_idempotency_keys_user_id", "user_id", "expires_at"),
)

# For work that only one node does at a time.
leases = Table(
    "leases",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("holder", String(36), nullable=False),
    Column("until", BigInteger, nullable=False),
)

# What users and addresses did often, in windows of five minutes: a row for each node that counted it.
suspicions = Table(
    "suspicions",
    metadata,
    Column("began_at", BigInteger, primary_key=True, autoincrement=False),
    Column("node", String(36), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("counted_by", String(8), primary_key=True),
    Column("subject", String(64), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Index("ix_suspicions_last_at", "last_at"),
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
