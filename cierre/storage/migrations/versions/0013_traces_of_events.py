"""An event and a delivery know the trace of the request that caused them.

It may be missing: where there are no traces, and where an older node wrote the row.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Of W3C's traceparent.
_LENGTH = 55


def upgrade() -> None:
    for table in ("outbox", "deliveries"):
        op.add_column(table, sa.Column("traceparent", sa.String(_LENGTH)))


def downgrade() -> None:
    for table in ("outbox", "deliveries"):
        op.drop_column(table, "traceparent")
