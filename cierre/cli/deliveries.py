"""`cierre deliveries`: signals that clients and receivers have not taken."""

from __future__ import annotations

from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cierre.cli import options
from cierre.cli.administration import run_operation, table

if TYPE_CHECKING:
    from cierre.domain.context import OperationContext


@click.group(name="deliveries", short_help="List signals that were not delivered; try again.")
def command() -> None:
    """List signals that were not delivered, and try them again."""


@command.command(name="list")
@click.option("--parked", is_flag=True, help="Only what was tried for a day, and is tried no longer.")
@click.option("--receiver", metavar="ID", help="Only those to one client or receiver.")
@options.option(
    "--limit",
    "Deliveries that are listed at the most.",
    type=click.IntRange(1, 100_000),
    default=100,
    show_default=True,
)
@options.database_url
@options.data_dir
def list_deliveries(parked: bool, receiver: str | None, limit: int, database_url: str | None, data_dir: Path) -> None:
    """List what is still to be delivered, the oldest first."""
    from cierre.clock import rfc3339
    from cierre.domain import deliveries

    async def do(context: OperationContext) -> list[list[str]]:
        page = await deliveries.list_deliveries(
            context, status="parked" if parked else None, receiver=receiver, limit=limit
        )
        return [
            [
                str(one.delivery_id),
                one.receiver,
                one.kind,
                one.session_id,
                rfc3339(one.closed_at),
                str(one.attempts),
                _("parked") if one.parked else _("in {time}").format(time=options.in_words(one.next_at - context.now)),
                one.last_error or "",
            ]
            for one in page.deliveries
        ]

    headings = [
        *(_("DELIVERY"), _("RECEIVER"), _("KIND"), _("SESSION"), _("CLOSED"), _("ATTEMPTS"), _("NEXT"), _("LAST ERROR"))
    ]
    table(headings, run_operation(database_url, data_dir, do))


@command.command()
@click.argument("delivery", type=click.IntRange(1), required=False)
@options.database_url
@options.data_dir
def retry(delivery: int | None, database_url: str | None, data_dir: Path) -> None:
    """Try DELIVERY for another day.

    Without DELIVERY, all that are parked are tried.
    """
    from cierre.domain import deliveries

    async def do(context: OperationContext) -> int:
        return await deliveries.retry(context, delivery)

    count = run_operation(database_url, data_dir, do)
    if delivery is not None and not count:
        raise click.UsageError(
            _("there is no delivery {delivery}: `cierre deliveries list` has them all").format(delivery=delivery)
        )
    click.echo(_("{count} to be tried again").format(count=count))
