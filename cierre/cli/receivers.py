"""`cierre receivers`: who gets a security event (CAEP's session-revoked) when a session is closed."""

from __future__ import annotations

import re
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cierre.cli import options
from cierre.cli.administration import run_operation, table

if TYPE_CHECKING:
    from cierre.domain.context import OperationContext

_NAME = re.compile(r"^[\w.:-]{1,128}$")


@click.group(name="receivers", short_help="Register who is told of closed sessions.")
def command() -> None:
    """Register receivers of security events (SSF push, RFC 8935): each is told of every closed session.

    A client is told of its own sessions: `cierre clients add … --backchannel-logout-uri`.
    """


@command.command()
@click.argument("name")
@click.argument("url", type=options.RECEIVER)
@options.allow_private
@options.database_url
@options.data_dir
def add(name: str, url: str, allow_private: bool, database_url: str | None, data_dir: Path) -> None:
    """Register a receiver, or change it. NAME is the `aud` of what it gets; URL is where it is posted."""
    from cierre.storage.repositories import audit, receivers

    if not _NAME.match(name):
        raise click.UsageError(
            _("{name!r} is no name for a receiver: 1 to 128 characters A-Z a-z 0-9 _ . : -").format(name=name)
        )

    async def do(context: OperationContext) -> None:
        async with context.tx.atomic():
            await receivers.save(context.tx, "ssf", name, url=url, allow_private=allow_private)
            await audit.record(context.tx, "receiver_registered", context.caller, subject=name)

    run_operation(database_url, data_dir, do)
    click.echo(name)


@command.command(name="list")
@options.database_url
@options.data_dir
def list_receivers(database_url: str | None, data_dir: Path) -> None:
    """List the receivers, and the clients with a back-channel logout URI."""
    from cierre.storage.repositories import receivers

    async def do(context: OperationContext) -> list[list[str]]:
        rows = await receivers.every(context.tx)
        return [[row["id"], row["kind"], row["url"], _("allowed") if row["allow_private"] else ""] for row in rows]

    table([_("RECEIVER"), _("KIND"), _("URL"), _("PRIVATE ADDRESSES")], run_operation(database_url, data_dir, do))


@command.command()
@click.argument("name")
@options.database_url
@options.data_dir
def remove(name: str, database_url: str | None, data_dir: Path) -> None:
    """Remove a receiver, and what is still to be delivered to it."""
    from cierre.storage.repositories import audit, receivers

    async def do(context: OperationContext) -> bool:
        async with context.tx.atomic():
            removed = await receivers.remove(context.tx, "ssf", name)
            if removed:
                await audit.record(context.tx, "receiver_removed", context.caller, subject=name)
            return removed

    if not run_operation(database_url, data_dir, do):
        raise click.UsageError(_("there is no receiver {name}: `cierre receivers list` has them all").format(name=name))
    click.echo(_("{name} is removed").format(name=name))
