"""`cierre db`: migrations, and the roles of PostgreSQL."""

from __future__ import annotations

from gettext import gettext as _
from pathlib import Path

import click

from cierre.cli import options
from cierre.cli.administration import mistakes


@click.group(name="db", short_help="Migrate the database; print its roles.")
def command() -> None:
    """Migrate the database; print its roles."""


def _role_name(text: str) -> str:
    from cierre.storage.roles import role_name

    return role_name(text)


ROLE = options.Parsed("name", _role_name)


@command.command()
@options.option("--migrator", "Owns the tables.", type=ROLE, default="cierre_migrator", show_default=True)
@options.option("--service", "Answers requests.", type=ROLE, default="cierre_service", show_default=True)
@options.option("--reader", "Reads the audit trail.", type=ROLE, default="cierre_reader", show_default=True)
def roles(migrator: str, service: str, reader: str) -> None:
    """Print the SQL of roles for PostgreSQL.

    One migrates, one is for the service, one reads the audit trail.

    The service's role can add to the audit trail, and neither change nor delete what is in it. Passwords are set
    afterwards: ALTER ROLE … PASSWORD …
    """
    from cierre.storage.roles import Roles, roles_sql

    if len({migrator, service, reader}) < 3:
        raise click.UsageError(_("the three roles need three names"))
    click.echo(roles_sql(Roles(migrator, service, reader)))


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
    state = _("newest") if revision == newest else _("newest is {revision}").format(revision=newest)
    click.echo(f"{revision or _('none')} ({state})")
