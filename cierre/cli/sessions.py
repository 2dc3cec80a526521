"""`cierre sessions`: see and close sessions without a token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cierre.cli import options
from cierre.cli.administration import closed_sessions, run_operation, table
from cierre.cli.users import find_user

if TYPE_CHECKING:
    from cierre.domain.context import OperationContext

# Users whose sessions are closed before the next are looked for.
_BATCH = 500


def _reason(text: str) -> str:
    if not text or len(text) > 100:
        raise ValueError(_("a reason has 1 to 100 characters"))
    return text


REASON = options.Parsed("text", _reason)


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

    table(
        [_("SESSION"), _("DEVICE"), _("CLIENT"), _("CREATED"), _("LAST SEEN")],
        run_operation(database_url, data_dir, do),
    )


@command.command()
@click.argument("email", required=False)
@click.argument("session_id", required=False)
@click.option("--everyone", help="Close the sessions of all users at once.", is_flag=True)
@click.option("--yes", help="Don't ask whether --everyone is meant.", is_flag=True)
@options.option("--reason", "In the audit.", type=REASON, default="admin_action", show_default=True)
@options.database_url
@options.data_dir
def close(
    email: str | None,
    session_id: str | None,
    everyone: bool,
    yes: bool,
    reason: str,
    database_url: str | None,
    data_dir: Path,
) -> None:
    """Close one session, all of a user, or everyone's.

    SESSION_ID is one of the user of EMAIL, as `cierre sessions list` shows it; without it all of the user's are closed.
    """
    if everyone == (email is not None):
        raise click.UsageError(_("name the user by EMAIL, or close the sessions of all users with --everyone"))
    if email is not None:
        count = run_operation(database_url, data_dir, _closing_of(email, session_id, reason))
    else:
        if not yes:
            _ask()
        count = run_operation(database_url, data_dir, _closing_of_everyone(reason))
    click.echo(closed_sessions(count))


def _ask() -> None:
    """Whether --everyone is meant.

    Raises:
        click.Abort: it isn't.
        click.UsageError: there was no answer.
    """
    import sys

    try:
        is_meant = click.confirm(_("Every user has to log in again. Close all sessions?"), err=True)
    except click.Abort:
        if sys.stdin is None or not sys.stdin.isatty():
            raise click.UsageError(_("nothing was closed: without a terminal, --yes stands for the answer")) from None
        raise
    if not is_meant:
        raise click.Abort


def _closing_of_everyone(reason: str) -> Callable[[OperationContext], Awaitable[int]]:
    from cierre.domain import closing

    async def do(context: OperationContext) -> int:
        await closing.close_everyone(context, reason)
        # The others know at once, not when all rows say so, too.
        await context.announcer.flush()
        return await closing.finish_everyone(context, batch=_BATCH)

    return do


def _closing_of(email: str, session_id: str | None, reason: str) -> Callable[[OperationContext], Awaitable[int]]:
    from cierre.domain import closing
    from cierre.storage.repositories import sessions

    why = closing.by_administrator(reason)

    async def do(context: OperationContext) -> int:
        user = await find_user(context, email)
        if session_id is None:
            return (await closing.close_all(context, user["id"], why)).sessions_closed
        session = await sessions.find(context.tx, user["id"], session_id)
        if session is None:
            raise click.UsageError(_("{email} has no session {session_id}").format(email=email, session_id=session_id))
        return (await closing.close_one(context, user["id"], session_id, why)).sessions_closed

    return do
