"""Answers kept for Idempotency-Key know their user, so that they can be bounded, and what they were rendered from.

Both may be missing: an older node goes on without them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("idempotency_keys", sa.Column("user_id", sa.String(24)))
    op.add_column("idempotency_keys", sa.Column("outcome", sa.Text))
    op.create_index("ix_idempotency_keys_user_id", "idempotency_keys", ["user_id", "expires_at"])


def downgrade() -> None:
    op.drop_index("ix_idempotency_keys_user_id", "idempotency_keys")
    op.drop_column("idempotency_keys", "outcome")
    op.drop_column("idempotency_keys", "user_id")
