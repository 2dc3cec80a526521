"""The hash chain over the audit events. Events from before get their links from the first node that starts."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_links",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_before", sa.BigInteger(), nullable=True),
        sa.Column("personal", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_links")),
        sa.UniqueConstraint("seq", name=op.f("uq_audit_links_seq")),
    )
    # What explains that rows, or parts of them, are missing.
    gaps = sa.text("event IN ('audit_pruned', 'account_erased')")
    op.create_index("ix_audit_events_gaps", "audit_events", ["event"], postgresql_where=gaps, sqlite_where=gaps)


def downgrade() -> None:
    op.drop_index("ix_audit_events_gaps", "audit_events")
    op.drop_table("audit_links")
