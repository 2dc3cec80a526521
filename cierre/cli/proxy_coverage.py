"""`cierre proxy --coverage FILE`: what of the document was seen is written when the proxy ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cierre.cli.options import option
from cierre.extras import named_when_missing
from cierre.phrases import Phrase, reason_of

if TYPE_CHECKING:
    from cierre.mocks.log import Log
    from cierre.mocks.messages import Receive, Send
    from cierre.mocks.proxy.coverage import Coverage
    from cierre.oas.document import Document

coverage_option = option(
    "--coverage",
    "Write what of SPEC was seen, and what was not, to this JSON file at the end.",
    type=click.Path(path_type=Path, dir_okay=False),
)


def coverage_of(document: Document, file: Path | None) -> Coverage | None:
    """What notes it; None without a file.

    Raises:
        ExtraNotInstalled: it needs what the extra `contract` brings.
        click.UsageError: the file's folder is not there.
    """
    if file is None:
        return None
    if not file.parent.is_dir():
        raise click.UsageError(_("--coverage {file}: there is no such folder").format(file=file))
    with named_when_missing("contract"):
        import cierre.contract_tests.report.coverage  # noqa: F401 - found out now, not at the end
    from cierre.mocks.proxy.coverage import Coverage

    return Coverage(document)


def written_at_the_end(
    app: Callable[[Any, Receive, Send], Awaitable[None]], coverage: Coverage | None, file: Path | None, log: Log
) -> Callable[[Any, Receive, Send], Awaitable[None]]:
    """The application, which writes what was seen when it ends: after the last request, before the process goes."""
    if coverage is None or file is None:
        return app

    def write() -> None:
        try:
            share = coverage.write(file)
        except OSError as error:
            log.add_warning(Phrase("--coverage {file}: {reason}", file=file, reason=reason_of(error)))
        else:
            log.add_note(Phrase("of what the document names, {share:.0%} was seen: {file}", share=share, file=file))

    async def ending(scope: Any, receive: Receive, send: Send) -> None:
        async def noting(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "lifespan.shutdown.complete":
                write()
            await send(message)

        await app(scope, receive, noting if scope["type"] == "lifespan" else send)

    return ending
