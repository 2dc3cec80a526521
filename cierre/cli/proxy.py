"""`cierre proxy`: a server behind its OpenAPI document; what either side breaks is told."""

from __future__ import annotations

from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cierre.cli import options
from cierre.cli.mock_options import LEVEL, PORT
from cierre.cli.mock_serving import bound
from cierre.cli.options import Parsed, allow_refs_option, option
from cierre.cli.proxy_coverage import coverage_of, coverage_option, written_at_the_end
from cierre.mocks.options import read_size
from cierre.phrases import Phrase, phrase_of

if TYPE_CHECKING:
    from cierre.mocks.proxy.upstream import Upstream
    from cierre.mocks.recording import Recording
    from cierre.oas.document import Document


@click.command("proxy")
@click.argument("spec", envvar="CIERRE_SPEC")
@click.argument("upstream", envvar="CIERRE_UPSTREAM")
@allow_refs_option
@option("--host", "Address to listen on.", default="127.0.0.1", show_default=True)
@option("--port", "Port to listen on; 0: any free one.", type=PORT, default=4011, show_default=True)
@option("--errors", "Refuse requests that break the document; answer 502 for answers that do.", is_flag=True)
@option("--fallback", "Who answers for what UPSTREAM has not got.", type=click.Choice(["mock"]))
@option(
    "--max-body",
    "Of a body before it passes unchecked, and of a WebSocket's message at the most: in bytes, or as 500kB, 10MB.",
    type=Parsed("size", read_size),
    default="10MB",
    show_default=True,
)
@option(
    "--record",
    "Keep answers in JSON as examples in this new file, an OpenAPI Overlay.",
    type=click.Path(path_type=Path, dir_okay=False),
)
@coverage_option
@option("--allowed-host", "The proxy's own routes answer under this name, too.", multiple=True)
@option("--lenient", "Use what can be used of a broken document.", is_flag=True)
@options.max_connections
@option("--json-log", "Log one JSON object for each request.", is_flag=True)
@option("--verbose-level", "How much is told.", type=LEVEL, default="info", show_default=True)
def command(spec: str, upstream: str, **given: Any) -> None:
    """Pass requests on to UPSTREAM, and hold both sides to SPEC.

    SPEC is a file, or an address of http or https; UPSTREAM is the URL of a server.
    """
    from cierre.mocks.control import CONTROL
    from cierre.mocks.log import Log
    from cierre.mocks.proxy.app import ProxyApp
    from cierre.mocks.proxy.options import ProxyOptions
    from cierre.mocks.proxy.refusing import why_no_websockets
    from cierre.mocks.serving.server import address, connection_limits, listen, run
    from cierre.settings import WebSocketLimits

    log = Log(given["verbose_level"], as_json=given["json_log"])
    server, document = _server(upstream), _read(spec, given)
    for problem in document.problems:
        log.add_warning(Phrase("{problem}; what does not need it is checked", problem=problem.as_phrase()))
    hosts = (given["host"], *given["allowed_host"])
    settings = ProxyOptions(given["errors"], given["fallback"] is not None, given["max_body"], hosts)
    coverage = coverage_of(document, given["coverage"])
    proxy = ProxyApp(document, server, settings, log, _recording(given["record"], server), coverage)
    app = written_at_the_end(proxy, coverage, given["coverage"], log)
    with bound(given) as listener:
        listen(listener)
        url = address(listener)
        log.add_note(Phrase("{name}: from {url} to {upstream}", name=document.name, url=url, upstream=upstream))
        log.add_note(Phrase("its page: {page}", page=f"{url}{CONTROL}"))
        websockets = None if why_no_websockets() else WebSocketLimits(message_bytes=given["max_body"])
        run(
            app,
            listener,
            connection_limits(given["max_connections"]),
            dates=False,
            on_exit=proxy.board.end,
            websockets=websockets,
        )


def _recording(file: Path | None, server: Upstream) -> Recording | None:
    """What keeps exchanges in a file; None without one.

    Raises:
        click.UsageError: it is there already, or its folder is not.
    """
    from cierre.mocks.recording import Recording

    if file is None:
        return None
    if file.exists():
        raise click.UsageError(_("--record {file} is there already: give another name").format(file=file))
    if not file.parent.is_dir():
        raise click.UsageError(_("--record {file}: there is no such folder").format(file=file))
    return Recording(server.name, file)


def _server(url: str) -> Upstream:
    from cierre.mocks.proxy.upstream import Upstream

    try:
        return Upstream(url)
    except ValueError as mistake:
        raise click.UsageError(phrase_of(mistake).translated()) from None


def _read(spec: str, given: dict[str, Any]) -> Document:
    from cierre.mocks.loading import load
    from cierre.oas.errors import BrokenDocument

    try:
        return load(spec, lenient=given["lenient"], allow_refs=given["allow_refs"])
    except BrokenDocument as broken:
        raise click.ClickException(broken.translated()) from None
