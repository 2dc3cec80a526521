"""The key of an answer that is kept names its user, as every statement about it does.

A row that names none is of a node from before version 0008: its user is that of its session.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE idempotency_keys SET user_id = sessions.user_id FROM sessions "
        "WHERE idempotency_keys.user_id IS NULL AND sessions.id = idempotency_keys.principal"
    )
    op.execute("DELETE FROM idempotency_keys WHERE user_id IS NULL")
    _key("user_id", "principal", "key")


def downgrade() -> None:
    _key("principal", "key")
    with op.batch_alter_table("idempotency_keys") as batch:
        batch.alter_column("user_id", existing_type=sa.String(24), nullable=True)


def _key(*columns: str) -> None:
    with op.batch_alter_table("idempotency_keys") as batch:
        batch.drop_constraint("pk_idempotency_keys", type_="primary")
        batch.alter_column("user_id", existing_type=sa.String(24), nullable=False)
        batch.create_primary_key("pk_idempotency_keys", list(columns))
