"""Audit events name their actor, and may concern no user at all.

Rows from before have no actor: who closed a session can't be found out afterwards.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "actor_type": sa.String(length=16),
    "actor_id": sa.String(length=128),
    "subject": sa.String(length=128),
    "attempts": sa.Integer(),
}


def upgrade() -> None:
    # SQLite alone makes the table anew: it changes no column in place, and numbers rows for good only in a new table.
    with op.batch_alter_table("audit_events", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.alter_column("user_id", existing_type=sa.String(length=24), nullable=True)
        for name, kind in _COLUMNS.items():
            batch.add_column(sa.Column(name, kind, nullable=True))
    others = sa.text("actor_id <> user_id")
    op.create_index(
        "ix_audit_events_actor_id", "audit_events", ["actor_id"], postgresql_where=others, sqlite_where=others
    )


def downgrade() -> None:
    op.drop_index("ix_audit_events_actor_id", "audit_events")
    op.execute("DELETE FROM audit_events WHERE user_id IS NULL OR logout_type IS NULL")
    with op.batch_alter_table("audit_events") as batch:
        batch.alter_column("user_id", existing_type=sa.String(length=24), nullable=False)
        for name in _COLUMNS:
            batch.drop_column(name)
