"""`cierre audit`: list and verify the audit trail, prune it, and erase what it keeps of a person."""

from __future__ import annotations

from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cierre.cli import audit_export, audit_list, audit_report, options
from cierre.cli.administration import run_operation
from cierre.cli.users import find_user

if TYPE_CHECKING:
    from cierre.domain.audit_chain import Head
    from cierre.domain.audit_verification import Verified
    from cierre.domain.context import OperationContext

# Few enough rows for a statement that keeps nobody waiting.
_BATCH = 500


def _head(text: str) -> Head:
    from cierre.domain.audit_chain import parse_head

    return parse_head(text)


HEAD = options.Parsed("position:hash", _head)


@click.group(name="audit", short_help="List, export, draw, verify, prune and erase the audit trail.")
def command() -> None:
    """List, export, draw, verify, prune and erase the audit trail."""


command.add_command(audit_list.command)
command.add_command(audit_export.command)
command.add_command(audit_report.command)


@command.command()
@options.option(
    "--head",
    "A place in the chain that an earlier run printed: it must still be there. May be given again.",
    type=HEAD,
    multiple=True,
)
@options.database_url
@options.data_dir
def verify(head: tuple[Head, ...], database_url: str | None, data_dir: Path) -> None:
    """Say whether the audit trail is what was sealed.

    No row was changed, deleted, added afterwards or moved then.

    Exit code 0: it is whole; 1: it is broken, and the first broken row is named; 2: that could not be found out.
    """
    from cierre.domain import audit_verification

    try:
        found = run_operation(database_url, data_dir, lambda context: audit_verification.verify(context.tx, heads=head))
    except audit_verification.Broken as broken:
        click.echo(_("broken: {what}").format(what=broken.why.translated()))
        raise click.exceptions.Exit(1) from broken
    except audit_verification.HeadPruned as pruned:
        raise click.UsageError(pruned.why.translated()) from pruned
    _print_verified(found)


def _print_verified(found: Verified) -> None:
    from cierre.clock import rfc3339

    whole = _("whole: {rows} rows, {erased} of them without their personal data, which were erased")
    click.echo(whole.format(rows=found.rows, erased=found.erased))
    if found.last is not None:
        click.echo(_("head {head}").format(head=found.last))
    if found.unsealed and found.oldest_unsealed is not None:
        unsealed = _("not sealed yet: {rows} rows, the oldest of {time}")
        click.echo(unsealed.format(rows=found.unsealed, time=rfc3339(found.oldest_unsealed)))


@command.command()
@options.option(
    "--older-than",
    "How old the events are that go, such as 365d.",
    type=options.DURATION,
    required=True,
)
@options.database_url
@options.data_dir
def prune(older_than: int, database_url: str | None, data_dir: Path) -> None:
    """Delete old events; what stays can still be verified. `cierre serve --audit-retention` does so by itself.

    Events that are not sealed yet stay. The audit trail says who pruned it, and up to where.
    """
    from cierre.domain import audit_pruning

    async def do(context: OperationContext) -> int:
        return await audit_pruning.prune(context, before=context.now - older_than, batch=_BATCH)

    click.echo(_("{count} events deleted").format(count=run_operation(database_url, data_dir, do)))


# Its name before the audit trail had a chain.
command.add_command(prune, "purge")


@command.command()
@click.argument("email")
@options.database_url
@options.data_dir
def erase(email: str, database_url: str | None, data_dir: Path) -> None:
    """Forget the user of EMAIL, and log the user out.

    E-mail address, password, devices, IP addresses and user agents go. What happened to the user's sessions, and when,
    stays in the audit trail under the user's id.
    """
    from cierre.domain import closing
    from cierre.storage.repositories import audit, users
    from cierre.storage.repositories import sessions as stored

    async def do(context: OperationContext) -> int:
        user = await find_user(context, email)
        async with context.tx.atomic():
            await closing.close_all(context, user["id"], closing.consequence("account_erased"))
            await users.erase(context.tx, user["id"])
            await audit.record(context.tx, "account_erased", context.caller, user_id=user["id"])
            await stored.erase(context.tx, user["id"])
            return await audit.erase(context.tx, user["id"])

    count = run_operation(database_url, data_dir, do)
    click.echo(_("{email} is erased, from {count} events, too").format(email=email, count=count))
