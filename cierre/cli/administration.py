"""What the administrative commands share: a database, an act, tables on the terminal, mistakes in one line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cierre.cli import options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cierre.domain.context import OperationContext

Result = TypeVar("Result")


def run_operation(
    database_url: str | None, data_dir: Path, do: Callable[[OperationContext], Awaitable[Result]]
) -> Result:
    """Do one act on the database, as an administrator at the command line.

    Raises:
        click.ClickException: the database isn't there, or isn't migrated.
    """
    from cierre.domain.context import OperationContext
    from cierre.principal import Caller
    from cierre.revocation.announcer import Announcer
    from cierre.revocation.denylist import Denylist
    from cierre.settings import DAY, Settings
    from cierre.storage import migrate
    from cierre.storage.database import open_url

    url = options.resolved_url(database_url, data_dir)

    async def run() -> Result:
        import uuid

        database = open_url(url)
        await database.open()
        try:
            # The service may give its tokens another life than the default: what is closed here is denied for longer.
            settings = Settings(database_url=url, data_dir=data_dir, issuer=options.DEFAULT_ISSUER, access_ttl=DAY)
            announcer = Announcer(database, Denylist())
            async with database.connect() as tx:
                result = await do(OperationContext(tx, Caller(None, "cierre", str(uuid.uuid4())), settings, announcer))
            await announcer.flush()
            return result
        finally:
            await database.close()

    with mistakes(url):
        if migrate.is_behind(migrate.current(url)):
            raise click.ClickException("the database is not migrated: run `cierre db upgrade` first")
        return asyncio.run(run())


@contextmanager
def mistakes(url: str) -> Iterator[None]:
    """Turn what a user got wrong into one line and exit code 2."""
    from cierre.errors import ServiceUnavailable
    from cierre.storage.database import UnknownDatabase, without_password

    try:
        yield
    except UnknownDatabase as mistake:
        raise click.UsageError(str(mistake)) from mistake
    except ServiceUnavailable as away:
        raise click.ClickException(f"can't use the database {without_password(url)}: {away.__cause__}") from away


def table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print columns; on a pipe as plain text, too, one row a line."""
    texts = [[("" if cell is None else str(cell)) for cell in row] for row in rows]
    widths = [max(len(line[n]) for line in [list(headings), *texts]) for n in range(len(headings))]
    for line in [list(headings), *texts]:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
