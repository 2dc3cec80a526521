"""`cierre keys`: the keys that sign access tokens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cierre.cli import options
from cierre.cli.administration import run_operation, table
from cierre.cli.options import DURATION, option
from cierre.phrases import phrase_of, reason_of

if TYPE_CHECKING:
    from cierre.domain.context import OperationContext
    from cierre.tokens.keys import Algorithm

_ALGORITHMS = click.Choice(["RS256", "ES256"])


@click.group(name="keys", short_help="Make, list, rotate and encrypt the signing keys.")
def command() -> None:
    """Make, list, rotate and encrypt the signing keys."""


@contextmanager
def _mistakes(data_dir: Path) -> Iterator[None]:
    """Tell in one line that a key or its passphrase is no good, or that the directory can't be written."""
    from cierre.tokens.keys import BadKey

    try:
        yield
    except BadKey as mistake:
        raise click.UsageError(phrase_of(mistake).translated()) from mistake
    except OSError as failure:
        raise click.UsageError(
            _("can't write to {data_dir}: {reason}").format(data_dir=data_dir, reason=reason_of(failure).translated())
        ) from failure


def _directory(data_dir: Path) -> Path:
    directory = data_dir / "keys"
    if not directory.is_dir():
        raise click.UsageError(
            _("there are no keys in {directory}: `cierre keys rotate` or `cierre serve` makes one").format(
                directory=directory
            )
        )
    return directory


@command.command()
@option("--algorithm", "Algorithm of the new key.", type=_ALGORITHMS, default="ES256", show_default=True)
@option("--output", "The file to write. [default: standard output]", type=click.Path(path_type=Path, dir_okay=False))
@options.key_passphrase_file
def make(algorithm: Algorithm, output: Path | None, key_passphrase_file: Path | None) -> None:
    """Make a private key, and print it.

    It is for CIERRE_SIGNING_KEYS or a secret store; nothing uses it yet.
    """
    import os

    from cierre.tokens import keys
    from cierre.tokens.passphrases import read_passphrase

    with _mistakes(Path()):
        text = keys.pem(keys.generate(algorithm), read_passphrase(key_passphrase_file))
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as failure:
        raise click.UsageError(
            _("can't write {output}: {reason}").format(output=output, reason=reason_of(failure).translated())
        ) from failure
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)


@command.command(name="list")
@options.data_dir
@option("--access-ttl", "Life of an access token.", type=DURATION, default="15m", show_default=True)
@options.key_passphrase_file
def list_keys(data_dir: Path, access_ttl: int, key_passphrase_file: Path | None) -> None:
    """List the keys of the data directory.

    The state of a key is `next` (it will sign), `signing`, `retiring` (it only verifies) or `retired`.
    """
    from cierre.clock import rfc3339
    from cierre.tokens import key_files
    from cierre.tokens.passphrases import read_passphrase

    directory = _directory(data_dir)
    with _mistakes(data_dir):
        rows = key_files.listing(directory, keep=access_ttl, passphrase=read_passphrase(key_passphrase_file))
    table(
        [_("KID"), _("ALGORITHM"), _("SIGNS FROM"), _("FILE"), _("STATE")],
        [
            [key.kid, key.algorithm, rfc3339(key.signs_from), _("encrypted") if key.encrypted else _("plain"), state]
            for key, state in rows
        ],
    )


@command.command()
@options.data_dir
@options.key_passphrase_file
def encrypt(data_dir: Path, key_passphrase_file: Path | None) -> None:
    """Encrypt the keys that are not.

    Give every node the same passphrase first. Copies of the plain files, in backups say, stay as they are:
    `cierre keys rotate` makes them worthless in time.
    """
    from cierre.tokens import key_files
    from cierre.tokens.passphrases import read_passphrase

    directory = _directory(data_dir)
    with _mistakes(data_dir):
        passphrase = read_passphrase(key_passphrase_file)
        if passphrase is None:
            raise click.UsageError(_("name the file with the passphrase by --key-passphrase-file"))
        now, before = key_files.encrypt(directory, passphrase)
    click.echo(_("{now} keys encrypted; {before} were encrypted before").format(now=now, before=before))


@command.command()
@option(
    "--algorithm",
    "Algorithm of a new signing key. [default: of the last one; ES256 for the first]",
    type=_ALGORITHMS,
)
@options.database_url
@options.data_dir
@option(
    "--lead",
    "How long the key is published before it signs.",
    envvar="CIERRE_KEY_LEAD",
    type=DURATION,
    default="2m",
    show_default=True,
)
@click.option("--now", "at_once", is_flag=True, help="Sign at once, where the key before it has leaked.")
@options.key_passphrase_file
def rotate(
    algorithm: Algorithm | None,
    database_url: str | None,
    data_dir: Path,
    lead: int,
    at_once: bool,
    key_passphrase_file: Path | None,
) -> None:
    """Make the next key, and print its id.

    It is published now, and signs after --lead, when every node and resource server knows it. Running services notice
    by themselves, and the key before it goes on verifying. The database's audit trail says who rotated it.
    """
    from cierre.clock import rfc3339
    from cierre.tokens import key_files
    from cierre.tokens.passphrases import read_passphrase

    with _mistakes(data_dir):
        passphrase = read_passphrase(key_passphrase_file)
        key = key_files.rotate(data_dir / "keys", algorithm, lead=0 if at_once else lead, passphrase=passphrase)
    click.echo(key.kid)
    click.echo("cierre: " + _("it signs from {time}").format(time=rfc3339(key.signs_from)), err=True)
    _record_rotation(key.kid, database_url, data_dir)


def _record_rotation(kid: str, database_url: str | None, data_dir: Path) -> None:
    from cierre.storage.repositories import audit

    async def do(context: OperationContext) -> None:
        await audit.record(context.tx, "key_rotated", context.caller, subject=kid)

    if database_url is None and not options.default_database(data_dir).exists():
        click.echo(_("not in an audit trail: name the service's database with --database-url"), err=True)
        return
    try:
        run_operation(database_url, data_dir, do)
    except click.ClickException as missed:
        raise click.ClickException(
            _("the key signs, but is not in the audit trail: {reason}").format(reason=missed.message)
        ) from missed
