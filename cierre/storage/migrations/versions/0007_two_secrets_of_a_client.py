"""A client has two secrets while it changes from the one to the other."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clients", sa.Column("secret_made_at", sa.BigInteger(), nullable=True))
    op.add_column("clients", sa.Column("previous_secret_hash", sa.String(length=64), nullable=True))
    op.add_column("clients", sa.Column("previous_secret_until", sa.BigInteger(), nullable=True))
    op.execute("UPDATE clients SET secret_made_at = created_at WHERE secret_hash IS NOT NULL")


def downgrade() -> None:
    op.drop_column("clients", "previous_secret_until")
    op.drop_column("clients", "previous_secret_hash")
    op.drop_column("clients", "secret_made_at")
