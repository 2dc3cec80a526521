"""`cierre sessions`: see and close sessions without a token."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cierre.cli import options
from cierre.cli.administration import run_operation, table
from cierre.cli.users import find_user

if TYPE_CHECKING:
    from cierre.domain.context import OperationContext


@click.group(name="sessions", short_help="List and close sessions.")
def command() -> None:
    """List and close sessions."""


@command.command(name="list")
@click.argument("email")
@options.database_url
@options.data_dir
def list_sessions(email: str, database_url: str | None, data_dir: Path) -> None:
    """List the open sessions of the user of EMAIL."""
    from cierre.clock import rfc3339
    from cierre.storage.repositories import sessions

    async def do(context: OperationContext) -> list[list[str]]:
        rows = await sessions.open_of(context.tx, (await find_user(context, email))["id"])
        return [
            [row["id"], row["device_id"], row["client_id"], rfc3339(row["created_at"]), rfc3339(row["last_seen_at"])]
            for row in rows
        ]

    table(["SESSION", "DEVICE", "CLIENT", "CREATED", "LAST SEEN"], run_operation(database_url, data_dir, do))


@command.command()
@click.argument("email")
@click.argument("session_id", required=False)
@options.option("--reason", "In the audit.", default="admin_action", show_default=True)
@options.database_url
@options.data_dir
def close(email: str, session_id: str | None, reason: str, database_url: str | None, data_dir: Path) -> None:
    """Close SESSION_ID of the user of EMAIL, or all his sessions."""
    from cierre.domain import closing
    from cierre.storage.repositories import sessions

    why = closing.by_administrator(reason)

    async def do(context: OperationContext) -> int:
        user = await find_user(context, email)
        if session_id is None:
            return (await closing.close_all(context, user["id"], why)).sessions_closed
        session = await sessions.find(context.tx, user["id"], session_id)
        if session is None:
            raise click.UsageError(f"{email} has no session {session_id}")
        return (await closing.close_one(context, user["id"], session_id, why)).sessions_closed

    click.echo(f"{run_operation(database_url, data_dir, do)} sessions closed")
