"""What `cierre serve` does once, before any process answers."""

from __future__ import annotations

import asyncio
from gettext import gettext as _
from typing import TYPE_CHECKING

import click

from cierre.phrases import phrase_of, reason_of
from cierre.settings import PASSWORD_MEMORY, PASSWORD_PASSES

if TYPE_CHECKING:
    from cierre.oas import BrokenDocument
    from cierre.settings import Settings


def prepare(settings: Settings, *, demo: bool) -> None:
    """Check the contract, migrate, make the keys, fill in the demo: once, before the workers start."""
    from cierre.app import checked_contract
    from cierre.cli import demo_data
    from cierre.errors import ServiceUnavailable
    from cierre.masking import without_password
    from cierre.oas import BrokenDocument
    from cierre.services import build
    from cierre.storage import migrate
    from cierre.storage.database import UnknownDatabase, in_memory
    from cierre.tokens.keys import BadKey

    async def fill() -> None:
        await services.database.open()
        try:
            if demo:
                await demo_data.fill(services.database, services.passwords, tokenable_type=settings.tokenable_type)
        finally:
            await services.database.close()

    try:
        checked_contract()
        _keep_private(settings)
        _warn_of_cheap_hashes(settings)
        if in_memory(settings.database_url):
            raise click.UsageError(_("a database in memory is gone before the service starts: write sqlite:///file"))
        migrate.upgrade(settings.database_url)
        services = build(settings)
        asyncio.run(fill())
    except BrokenDocument as mistake:
        raise click.ClickException(lines(mistake)) from mistake
    except (UnknownDatabase, BadKey) as mistake:
        raise click.UsageError(phrase_of(mistake).translated()) from mistake
    except ServiceUnavailable as away:
        raise click.UsageError(
            _("can't use the database {url}: {cause}").format(
                url=without_password(settings.database_url), cause=away.__cause__
            )
        ) from away
    except OSError as failure:
        raise click.UsageError(
            _("can't write to {data_dir}: {reason}").format(
                data_dir=settings.data_dir, reason=reason_of(failure).translated()
            )
        ) from failure


def _warn_of_cheap_hashes(settings: Settings) -> None:
    """Say that whoever steals the database tries passwords faster than they should."""
    cheap = settings.password_memory * settings.password_passes < PASSWORD_MEMORY * PASSWORD_PASSES
    if cheap and not settings.demo:
        text = _(
            "--password-memory times --password-passes is less than OWASP asks for ({memory} KiB, {passes} passes):"
            " stolen hashes are cheap to guess"
        )
        click.echo(f"cierre: {text.format(memory=PASSWORD_MEMORY, passes=PASSWORD_PASSES)}", err=True)


def _keep_private(settings: Settings) -> None:
    """Close the data directory to other users, and say so; of a database elsewhere, say that it is open."""
    from cierre import private_files
    from cierre.storage.database import sqlite_file

    database = sqlite_file(settings.database_url)
    private_files.make_directory(settings.data_dir)
    messages = private_files.mend(private_files.of_data_directory(settings.data_dir))
    if database is not None:
        files = private_files.with_companions(database)
        # Another program may share a file that is elsewhere: who may read it is the operator's to say.
        ours = settings.data_dir in database.absolute().parents
        messages += private_files.mend(files) if ours else private_files.warn(files)
    for line in messages:
        click.echo(f"cierre: {line.translated()}", err=True)


def lines(mistake: BrokenDocument) -> str:
    """Each problem in a line that begins as all lines of the command do."""
    return "\ncierre: ".join(mistake.translated().splitlines())
