"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Enough for several disks or nodes to share, few enough for a plan to be quick.
PARTITIONS = 8


def upgrade() -> None:
    op.create_table(
        "audit_events",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=24), nullable=False),
        sa.Column("session_id", sa.String(length=24), nullable=True),
        sa.Column("device_id", sa.String(length=128), nullable=True),
        sa.Column("logout_type", sa.String(length=16), nullable=True),
        sa.Column("sessions_closed", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=True),
        sa.Column("ip_address", sa.String(length=45), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("session_duration", sa.BigInteger(), nullable=True),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("trace_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_events")),
    )
    op.create_index("ix_audit_events_session_id", "audit_events", ["session_id"], unique=False)
    op.create_index("ix_audit_events_timestamp", "audit_events", ["timestamp"], unique=False, postgresql_using="brin")
    op.create_index("ix_audit_events_user_id_seq", "audit_events", ["user_id", "seq"], unique=False)

    op.create_table(
        "clients",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("dialect", sa.String(length=16), nullable=True),
        sa.Column("secret_hash", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("principal", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("principal", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_expires_at", "idempotency_keys", ["expires_at"], unique=False)

    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=36), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=24), nullable=False),
        sa.Column("session_id", sa.String(length=24), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("exchanged_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_refresh_tokens")),
    )
    op.create_index("ix_refresh_tokens_expires_at", "refresh_tokens", ["expires_at"], unique=False)
    op.create_index("ix_refresh_tokens_session", "refresh_tokens", ["user_id", "session_id"], unique=False)

    op.create_table(
        "revocations",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.String(length=24), nullable=False),
        sa.Column("session_id", sa.String(length=24), nullable=True),
        sa.Column("epoch", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_revocations")),
    )
    op.create_index("ix_revocations_expires_at", "revocations", ["expires_at"], unique=False, postgresql_using="brin")
    op.create_index("ix_revocations_transaction_id", "revocations", ["transaction_id"], unique=False)

    op.create_table(
        "sanctum_sessions",
        sa.Column("token_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.String(length=24), nullable=False),
        sa.Column("session_id", sa.String(length=24), nullable=False),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_sanctum_sessions")),
    )
    op.create_index("ix_sanctum_sessions_session", "sanctum_sessions", ["user_id", "session_id"], unique=False)

    op.create_table(
        "users",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("tokenable_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("tokenable_id", name=op.f("uq_users_tokenable_id")),
    )
    op.create_table(
        "sessions",
        sa.Column("user_id", sa.String(length=24), nullable=False),
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.String(length=128), nullable=False),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("ip_address", sa.String(length=45), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("logout_reason", sa.String(length=16), nullable=True),
        sa.Column("closing", sa.String(length=32), nullable=True),
        sa.Column("token_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_sessions")),
        postgresql_partition_by="HASH (user_id)",
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"], unique=False)
    op.create_index(
        "ix_sessions_last_seen_at",
        "sessions",
        ["last_seen_at"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "ix_sessions_open",
        "sessions",
        ["user_id", "device_id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )
    if op.get_context().dialect.name == "postgresql":
        for part in range(PARTITIONS):
            op.execute(
                f"CREATE TABLE sessions_{part} PARTITION OF sessions "
                f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {part})"
            )
    else:
        op.create_index("ix_sessions_closing", "sessions", ["user_id", "closing"], unique=False)
    # The first-party client, which a login without a client is of.
    op.execute("INSERT INTO clients (id, created_at) VALUES ('cierre', 0)")
    # A running Laravel brings its own.
    if not sa.inspect(op.get_bind()).has_table("personal_access_tokens"):
        _create_personal_access_tokens()


def _create_personal_access_tokens() -> None:
    op.create_table(
        "personal_access_tokens",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tokenable_type", sa.String(length=255), nullable=False),
        sa.Column("tokenable_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("abilities", sa.Text(), nullable=True),
        sa.Column("last_used_at", sa.DateTime(), nullable=True),
        sa.Column("expires_at", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=True),
        sa.Column("updated_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personal_access_tokens")),
        sa.UniqueConstraint("token", name=op.f("uq_personal_access_tokens_token")),
        # The id is part of the token: SQLite must not give that of a closed session's token to a new one.
        sqlite_autoincrement=True,
    )
    op.create_index(
        "personal_access_tokens_tokenable_type_tokenable_id_index",
        "personal_access_tokens",
        ["tokenable_type", "tokenable_id"],
        unique=False,
    )


# personal_access_tokens stays: it may be Laravel's.
def downgrade() -> None:
    op.drop_table("sessions")
    op.drop_table("users")
    op.drop_table("sanctum_sessions")
    op.drop_table("revocations")
    op.drop_table("refresh_tokens")
    op.drop_table("leases")
    op.drop_table("idempotency_keys")
    op.drop_table("clients")
    op.drop_table("audit_events")
