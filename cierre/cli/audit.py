"""`cierre audit`: how long the trail is kept, and what it keeps of a person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cierre.cli import options
from cierre.cli.administration import run_operation
from cierre.cli.users import find_user

if TYPE_CHECKING:
    from cierre.domain.context import OperationContext

# Few enough rows for a statement that keeps nobody waiting.
_BATCH = 500


@click.group(name="audit", short_help="Keep and erase the audit trail.")
def command() -> None:
    """Keep and erase the audit trail."""


@command.command()
@options.option(
    "--older-than",
    "What is older than this goes: 365d. [required]",
    type=options.DURATION,
    required=True,
)
@options.database_url
@options.data_dir
def purge(older_than: int, database_url: str | None, data_dir: Path) -> None:
    """Delete old events; `cierre serve --audit-retention` does so by itself."""
    from cierre.storage.repositories import audit

    async def do(context: OperationContext) -> int:
        before, total = context.now - older_than, 0
        while batch := await audit.purge(context.tx, before=before, limit=_BATCH):
            total += batch
        return total

    click.echo(f"{run_operation(database_url, data_dir, do)} events deleted")


@command.command()
@click.argument("email")
@options.database_url
@options.data_dir
def erase(email: str, database_url: str | None, data_dir: Path) -> None:
    """Forget the user of EMAIL: his sessions are closed; address, password, devices, IP addresses, user agents go.

    What happened to his sessions, and when, stays in the trail under his id.
    """
    from cierre.domain import closing
    from cierre.storage.repositories import audit, users
    from cierre.storage.repositories import sessions as stored

    async def do(context: OperationContext) -> int:
        user = await find_user(context, email)
        async with context.tx.atomic():
            await closing.close_all(context, user["id"], closing.automatic("account_erased"))
            await users.erase(context.tx, user["id"])
            await stored.erase(context.tx, user["id"])
            return await audit.erase(context.tx, user["id"])

    click.echo(f"{email} is erased, from {run_operation(database_url, data_dir, do)} events, too")
