"""`cierre clients`: what logs in for its users, and in which dialect it is answered."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cierre.cli import options
from cierre.cli.administration import run_operation, table

if TYPE_CHECKING:
    from cierre.domain.context import OperationContext

_CLIENT_ID = re.compile(r"^[\w.:-]{1,128}$")


@click.group(name="clients", short_help="Register the clients that log in.")
def command() -> None:
    """Register the clients that log in."""


@command.command()
@click.argument("client_id")
@options.option(
    "--dialect",
    "Answers under /api/v1 to this client's tokens. [default: by Host]",
    type=click.Choice(["session", "envelope", "respuesta"]),
)
@options.option(
    "--secret",
    "Of a confidential client; `-` makes one and prints it. [default: a public client]",
    # CIERRE_SECRET is the service's own.
    envvar="CIERRE_CLIENT_SECRET",
)
@options.database_url
@options.data_dir
def add(client_id: str, dialect: str | None, secret: str | None, database_url: str | None, data_dir: Path) -> None:
    """Register CLIENT_ID, or change it."""
    from cierre.storage.repositories import clients
    from cierre.tokens.opaque import digest

    if not _CLIENT_ID.match(client_id):
        raise click.UsageError(f"{client_id!r} is no client id: 1 to 128 characters A-Z a-z 0-9 _ . : -")
    made = secrets.token_urlsafe(32) if secret == "-" else None
    secret = made or secret

    async def do(context: OperationContext) -> None:
        await clients.save(
            context.tx, client_id=client_id, dialect=dialect, secret_hash=digest(secret) if secret else None
        )

    run_operation(database_url, data_dir, do)
    click.echo(made or client_id)


@command.command(name="list")
@options.database_url
@options.data_dir
def list_clients(database_url: str | None, data_dir: Path) -> None:
    """List the clients."""
    from cierre.storage.repositories import clients

    rows = run_operation(database_url, data_dir, lambda context: clients.every(context.tx))
    table(
        ["CLIENT", "DIALECT", "KIND"],
        [[row["id"], row["dialect"] or "by host", "confidential" if row["secret_hash"] else "public"] for row in rows],
    )
