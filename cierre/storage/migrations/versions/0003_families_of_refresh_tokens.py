"""The family of a refresh token: a replay is recognised by it, so that rotated tokens need not be kept.

Revision ID: 0030
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("refresh_tokens", sa.Column("family", sa.String(64)))
    op.create_index("ix_refresh_tokens_family", "refresh_tokens", ["family"])


def downgrade() -> None:
    op.drop_index("ix_refresh_tokens_family", "refresh_tokens")
    op.drop_column("refresh_tokens", "family")
