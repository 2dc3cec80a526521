"""Users and addresses that do something often are written down, so that an alert leads to them."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suspicions",
        sa.Column("began_at", sa.BigInteger, nullable=False),
        sa.Column("node", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("counted_by", sa.String(8), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("began_at", "node", "kind", "counted_by", "subject", name="pk_suspicions"),
    )
    op.create_index("ix_suspicions_last_at", "suspicions", ["last_at"])


def downgrade() -> None:
    op.drop_index("ix_suspicions_last_at", "suspicions")
    op.drop_table("suspicions")
