"""`cierre keys`: the keys that sign access tokens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cierre.cli import options
from cierre.cli.administration import table
from cierre.cli.options import DURATION, option

if TYPE_CHECKING:
    from cierre.tokens.keys import Algorithm

_algorithm = option(
    "--algorithm",
    "Of the new key.",
    type=click.Choice(["RS256", "ES256"]),
    default="RS256",
    show_default=True,
)


@click.group(name="keys", short_help="Make, list and rotate the signing keys.")
def command() -> None:
    """Make, list and rotate the signing keys."""


@command.command()
@_algorithm
@option("--output", "Where to. [default: standard output]", type=click.Path(path_type=Path, dir_okay=False))
def make(algorithm: Algorithm, output: Path | None) -> None:
    """Make a private key, for CIERRE_SIGNING_KEYS or a secret store; nothing uses it yet."""
    import os

    from cierre.tokens import keys

    text = keys.pem(keys.generate(algorithm))
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as failure:
        raise click.UsageError(f"can't write {output}: {failure.strerror}") from failure
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)


@command.command(name="list")
@options.data_dir
@option("--access-ttl", "Life of an access token.", type=DURATION, default="15m", show_default=True)
def list_keys(data_dir: Path, access_ttl: int) -> None:
    """List the keys of the data directory: the one that signs, those that still verify, those that don't."""
    from cierre.clock import rfc3339
    from cierre.tokens import key_files, keys

    directory = data_dir / "keys"
    if not directory.is_dir():
        raise click.UsageError(f"there are no keys in {directory}: `cierre keys rotate` or `cierre serve` makes one")
    try:
        rows = key_files.listing(directory, keep=access_ttl)
    except keys.BadKey as mistake:
        raise click.UsageError(str(mistake)) from mistake
    table(
        ["KID", "ALGORITHM", "MADE", "STATE"],
        [[key.kid, key.algorithm, rfc3339(key.made_at), state] for key, state in rows],
    )


@command.command()
@_algorithm
@options.data_dir
def rotate(algorithm: Algorithm, data_dir: Path) -> None:
    """Make a key that signs from now on; running services notice within seconds, the old key goes on verifying."""
    from cierre.tokens import key_files

    try:
        key = key_files.rotate(data_dir / "keys", algorithm)
    except OSError as failure:
        raise click.UsageError(f"can't write to {data_dir}: {failure.strerror}") from failure
    click.echo(key.kid)
