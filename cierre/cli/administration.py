"""What the administrative commands share: a database, an act, tables on the terminal, mistakes in one line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import contextmanager, suppress
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cierre.cli import options
from cierre.phrases import phrase_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cierre.domain.context import OperationContext
    from cierre.storage.database import Database

Result = TypeVar("Result")

# As the audit trail keeps it.
_LONGEST_NAME = 128


def closed_sessions(count: int) -> str:
    """How many were closed, in words."""
    return ngettext("{count} session closed", "{count} sessions closed", count).format(count=count)


def run_operation(
    database_url: str | None, data_dir: Path, do: Callable[[OperationContext], Awaitable[Result]]
) -> Result:
    """Do one act on the database, as an administrator at the command line.

    Raises:
        click.ClickException: the database isn't there, or isn't migrated.
    """
    from cierre.cli import logs
    from cierre.domain.context import OperationContext
    from cierre.principal import Actor, Caller
    from cierre.revocation.announcer import Announcer
    from cierre.revocation.denylist import Denylist
    from cierre.settings import DAY, Settings
    from cierre.storage import migrate
    from cierre.storage.database import open_url

    url = options.resolved_url(database_url, data_dir)

    async def run() -> Result:
        import uuid

        caller = Caller(None, "cierre", str(uuid.uuid4()), Actor("operator", operator()))
        database = open_url(url)
        await database.open()
        try:
            # The service may give its tokens another life than the default: what is closed here is denied for longer.
            settings = Settings(database_url=url, data_dir=data_dir, issuer=options.DEFAULT_ISSUER, access_ttl=DAY)
            announcer = Announcer(database, Denylist())
            await _find_consumers(database)
            async with database.connect() as tx:
                result = await do(OperationContext(tx, caller, settings, announcer))
            await announcer.flush()
            return result
        finally:
            await database.close()

    with mistakes(url):
        if migrate.is_behind(migrate.current(url)):
            raise click.ClickException(_("the database is not migrated: run `cierre db upgrade` first"))
        with logs.on_stderr():
            return asyncio.run(run())


async def _find_consumers(database: Database) -> None:
    """Write events where there is a receiver, or a message queue that a node has sent to within a day."""
    from cierre.errors import ServiceUnavailable
    from cierre.settings import DAY
    from cierre.storage.repositories import outbox, receivers
    from cierre.storage.statements import EventConsumers

    # The role that only reads the audit trail may not look, and changes nothing.
    with suppress(ServiceUnavailable):
        async with database.connect() as tx:
            queue, signals = await outbox.queue_is_in_use(tx, since=tx.now - DAY), await receivers.any_there(tx)
        database.consumers = EventConsumers.of(queue=queue, signals=signals)


def operator() -> str:
    """Who is at the command line: CIERRE_OPERATOR, else who called sudo, else the name of the account."""
    import getpass
    import os

    try:
        name = os.environ.get("CIERRE_OPERATOR") or os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        # A container's account may have no name.
        name = f"uid {os.getuid()}"
    return name[:_LONGEST_NAME]


@contextmanager
def mistakes(url: str) -> Iterator[None]:
    """Turn what a user got wrong into one line and exit code 2."""
    from cierre.errors import ServiceUnavailable
    from cierre.masking import without_password
    from cierre.storage.database import UnknownDatabase

    try:
        yield
    except UnknownDatabase as mistake:
        raise click.UsageError(phrase_of(mistake).translated()) from mistake
    except ServiceUnavailable as away:
        raise click.ClickException(
            _("can't use the database {url}: {cause}").format(url=without_password(url), cause=away.__cause__)
        ) from away


def table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print columns; on a pipe as plain text, too, one row a line."""
    texts = [[("" if cell is None else str(cell)) for cell in row] for row in rows]
    widths = [max(len(line[n]) for line in [list(headings), *texts]) for n in range(len(headings))]
    for line in [list(headings), *texts]:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
