"""`cierre db`: migrations."""

from __future__ import annotations

from pathlib import Path

import click

from cierre.cli import options
from cierre.cli.administration import mistakes


@click.group(name="db", short_help="Migrate the database.")
def command() -> None:
    """Migrate the database."""


@command.command()
@options.database_url
@options.data_dir
def upgrade(database_url: str | None, data_dir: Path) -> None:
    """Bring the database to the newest schema."""
    from cierre.storage import migrate

    url = options.resolved_url(database_url, data_dir)
    with mistakes(url):
        migrate.upgrade(url)
        click.echo(migrate.current(url))


@command.command()
@options.database_url
@options.data_dir
def current(database_url: str | None, data_dir: Path) -> None:
    """Say which schema the database has, and whether it is the newest."""
    from cierre.storage import migrate

    url = options.resolved_url(database_url, data_dir)
    with mistakes(url):
        revision = migrate.current(url)
    newest = migrate.newest()
    click.echo(f"{revision or 'none'} ({'newest' if revision == newest else f'newest is {newest}'})")
