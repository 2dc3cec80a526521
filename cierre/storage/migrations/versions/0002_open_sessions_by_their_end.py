"""The index of a user's open sessions knows when each ends.

To count those that have not expired, PostgreSQL read the whole of `ix_sessions_expires_at` beside it: everybody's.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _index("user_id", "device_id", "expires_at")


def downgrade() -> None:
    _index("user_id", "device_id")


def _index(*columns: str) -> None:
    op.drop_index("ix_sessions_open", "sessions")
    is_open = sa.text("closed_at IS NULL")
    op.create_index("ix_sessions_open", "sessions", list(columns), postgresql_where=is_open, sqlite_where=is_open)
