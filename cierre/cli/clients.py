"""`cierre clients`: what logs in for its users, in which dialect it is answered, and its secrets."""

from __future__ import annotations

import re
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cierre.cli import options
from cierre.cli.administration import run_operation, table
from cierre.cli.options import DURATION

if TYPE_CHECKING:
    from cierre.domain.context import OperationContext
    from cierre.storage.rows import ClientRow

_CLIENT_ID = re.compile(r"^[\w.:-]{1,128}$")


@click.group(name="clients", short_help="Register the clients that log in; change their secrets.")
def command() -> None:
    """Register the clients that log in, and change their secrets."""


@command.command()
@click.argument("client_id")
@options.option(
    "--dialect",
    "The dialect of answers under /api/v1 to this client's tokens. [default: by Host]",
    type=click.Choice(["session", "envelope", "respuesta"]),
)
@options.option(
    "--confidential/--public",
    "Whether the client has a secret, which is made now. [default: public; a known client stays as it is]",
    default=None,
)
@options.option(
    "--backchannel-logout-uri",
    "Where the client is told of its closed sessions. [default: nowhere; a known client stays as it is]",
    type=options.RECEIVER,
)
@options.allow_private
@options.database_url
@options.data_dir
def add(
    client_id: str,
    dialect: str | None,
    confidential: bool | None,
    backchannel_logout_uri: str | None,
    allow_private: bool,
    database_url: str | None,
    data_dir: Path,
) -> None:
    """Register CLIENT_ID, or change it.

    Prints the secret that was made, or else the id.
    """
    from cierre.storage.repositories import audit, clients, receivers
    from cierre.tokens.opaque import digest, new_secret

    if not _CLIENT_ID.match(client_id):
        raise click.UsageError(
            _("{client_id!r} is no client id: 1 to 128 characters A-Z a-z 0-9 _ . : -").format(client_id=client_id)
        )

    async def do(context: OperationContext) -> str | None:
        async with context.tx.atomic():
            known = await clients.by_id(context.tx, client_id)
            has = known["secret_hash"] if known else None
            if confidential and has:
                raise click.UsageError(
                    _("{client_id} has a secret: `cierre clients rotate-secret {client_id}` changes it").format(
                        client_id=client_id
                    )
                )
            made = new_secret() if confidential else None
            secret_hash = digest(made) if made else has if confidential is None else None
            await clients.save(context.tx, client_id=client_id, dialect=dialect, secret_hash=secret_hash)
            if backchannel_logout_uri is not None:
                url = backchannel_logout_uri
                await receivers.save(context.tx, "backchannel", client_id, url=url, allow_private=allow_private)
            event = "client_changed" if known else "client_registered"
            await audit.record(context.tx, event, context.caller, subject=client_id)
        return made

    click.echo(run_operation(database_url, data_dir, do) or client_id)


@command.command(name="rotate-secret")
@click.argument("client_id")
@options.option(
    "--overlap",
    "How long the present secret stays good beside the new one.",
    type=DURATION,
    default="24h",
    show_default=True,
)
@click.option("--at-once", is_flag=True, help="End all earlier secrets now, where one has leaked.")
@options.database_url
@options.data_dir
def rotate_secret(client_id: str, overlap: int, at_once: bool, database_url: str | None, data_dir: Path) -> None:
    """Make a new secret for CLIENT_ID, and print it once.

    Only its hash is stored. A public client gets its first secret, and has to show it from now on.
    """
    from cierre.clock import rfc3339
    from cierre.domain import client_secrets
    from cierre.storage.repositories import audit, clients

    async def do(context: OperationContext) -> tuple[str, str]:
        client = await clients.by_id(context.tx, client_id)
        if client is None:
            raise click.UsageError(
                _("there is no client {client_id}: `cierre clients add {client_id}` registers it").format(
                    client_id=client_id
                )
            )
        try:
            async with context.tx.atomic():
                secret = await client_secrets.rotate(context, client, overlap=None if at_once else overlap)
                await audit.record(context.tx, "client_secret_rotated", context.caller, subject=client_id)
        except client_secrets.StillTwo:
            until = rfc3339(client["previous_secret_until"] or 0)
            raise click.UsageError(
                _(
                    "{client_id} has two secrets, and the older is good until {until}: wait, or end both with --at-once"
                ).format(client_id=client_id, until=until)
            ) from None
        except client_secrets.ChangedMeanwhile:
            raise click.UsageError(
                _("the secret of {client_id} was changed meanwhile: nothing was done").format(client_id=client_id)
            ) from None
        return secret, rfc3339(context.now + overlap)

    secret, end = run_operation(database_url, data_dir, do)
    ending = (
        _("the secret before it ended now") if at_once else _("the secret before it ends at {time}").format(time=end)
    )
    click.echo(ending, err=True)
    click.echo(secret)


@command.command(name="list")
@options.database_url
@options.data_dir
def list_clients(database_url: str | None, data_dir: Path) -> None:
    """List the clients, and how old their secrets are."""
    from cierre.storage.repositories import clients

    async def do(context: OperationContext) -> list[list[str]]:
        return [
            [
                row["id"],
                row["dialect"] or _("by host"),
                _("confidential") if row["secret_hash"] else _("public"),
                _secret_age(row, context.now),
                _previous_end(row, context.now),
            ]
            for row in await clients.every(context.tx)
        ]

    headings = [_("CLIENT"), _("DIALECT"), _("KIND"), _("SECRET'S AGE"), _("THE ONE BEFORE")]
    table(headings, run_operation(database_url, data_dir, do))


def _secret_age(client: ClientRow, now: int) -> str:
    made_at = client["secret_made_at"]
    return "" if made_at is None else options.in_words(now - made_at)


def _previous_end(client: ClientRow, now: int) -> str:
    until = client["previous_secret_until"]
    if until is None or until <= now:
        return ""
    return _("ends in {time}").format(time=options.in_words(until - now))
