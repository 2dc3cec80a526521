"""Which schema the database has. Alembic writes it: `cierre.storage.migrate`."""

from __future__ import annotations

from sqlalchemy import String, column, select, table

from cierre.storage.rows import SchemaVersionRow
from cierre.storage.statements import Query, Tx

_VERSION = Query(SchemaVersionRow, select(column("version_num", String(32))).select_from(table("alembic_version")))


async def revision(tx: Tx) -> str | None:
    """The newest migration that was applied; None: none was.

    Raises:
        Exception: the driver's own error, where the table of migrations doesn't exist.
    """
    row = await tx.row(_VERSION)
    return row["version_num"] if row else None
