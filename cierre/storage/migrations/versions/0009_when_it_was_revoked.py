"""A revocation knows when it was written, so that a node can measure how late it learns of it.

It may be missing: an older node goes on without it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("revocations", sa.Column("revoked_at", sa.BigInteger))


def downgrade() -> None:
    op.drop_column("revocations", "revoked_at")
