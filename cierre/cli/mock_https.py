"""`cierre mock --https`: with a certificate that is made and kept, or with one that is there."""

from __future__ import annotations

from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cierre.cli.options import option
from cierre.phrases import Phrase

if TYPE_CHECKING:
    from cierre.mocks.log import Log
    from cierre.mocks.serving.server import Tls

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
OPTIONS = (
    option("--https", "Serve HTTPS, with a certificate for localhost that is made and kept.", is_flag=True),
    option("--https-cert", "Serve HTTPS with the certificate in this PEM file.", type=_FILE),
    option("--https-key", "The key of --https-cert, where that file does not have it.", type=_FILE),
    option(
        "--data-dir",
        "Directory where the certificate of --https is kept.",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(".cierre"),
        show_default=True,
    ),
)


def tls_of(given: dict[str, Any], log: Log) -> Tls | None:
    """What HTTPS is served with; None: HTTP is served. How to trust a certificate that was made is told.

    Raises:
        click.UsageError: the files cannot be used, or written.
    """
    if given["https_cert"] is None:
        if given["https_key"] is not None:
            raise click.UsageError(_("--https-key needs --https-cert"))
        return _kept(given, log) if given["https"] else None
    from cierre.mocks.serving.server import Tls

    return _usable(Tls(given["https_cert"], given["https_key"]))


def _kept(given: dict[str, Any], log: Log) -> Tls:
    from cierre.mocks.serving.certificate import kept_certificate
    from cierre.mocks.serving.server import Tls

    try:
        kept = kept_certificate(given["data_dir"], (given["host"], *given["allowed_host"]))
    except (OSError, ValueError) as error:
        raise click.UsageError(
            _("no certificate in {where}: {error}").format(where=given["data_dir"], error=error)
        ) from None
    file = kept.public
    note = "its certificate is {file}, until {until:%Y-%m-%d}. To trust it: curl --cacert {file};"
    log.add_note(Phrase(note, file=file, until=kept.until))
    more = "  NODE_EXTRA_CA_CERTS={file} node …; SSL_CERT_FILE={file} python …; browsers: docs/mock.md"
    log.add_note(Phrase(more, file=file))
    return _usable(Tls(kept.secret, None))


def _usable(tls: Tls) -> Tls:
    """The files, which a server can read.

    Raises:
        click.UsageError: it can't.
    """
    import ssl

    try:
        # A key with a passphrase would be asked for in the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tls.certificate, tls.key, password=lambda: b"")
    except (OSError, ValueError) as error:
        raise click.UsageError(
            _("{file} is no certificate with its key, in PEM and without a passphrase: {error}").format(
                file=tls.certificate, error=error
            )
        ) from None
    return tls
