"""An outbox: what happened and is still to be told to a message queue, or to clients and receivers."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("user_id", sa.String(24)),
        sa.Column("session_id", sa.String(24)),
        sa.Column("device_id", sa.String(128)),
        sa.Column("client_id", sa.String(128)),
        sa.Column("logout_type", sa.String(16)),
        sa.Column("sessions_closed", sa.Integer),
        sa.Column("reason", sa.String(100)),
        sa.Column("session_duration", sa.BigInteger),
        sa.Column("attempts", sa.Integer),
        sa.Column("trace_id", sa.String(36), nullable=False),
        sa.Column("actor_type", sa.String(16), nullable=False),
        sa.Column("actor_id", sa.String(128)),
        sa.Column("for_queue", sa.Boolean),
        sa.Column("for_signals", sa.Boolean),
        sqlite_autoincrement=True,
    )
    for name in ("for_queue", "for_signals"):
        waits = sa.text(f"{name} IS NOT NULL")
        op.create_index(f"ix_outbox_{name}", "outbox", ["seq"], postgresql_where=waits, sqlite_where=waits)


def downgrade() -> None:
    op.drop_table("outbox")
