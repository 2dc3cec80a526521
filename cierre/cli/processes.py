"""The processes of `cierre serve`: one, several workers, or one that starts again with each edit."""

from __future__ import annotations

import gc
import sys
from functools import partial
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cierre.cli.preparing import lines

if TYPE_CHECKING:
    import socket

    import uvicorn
    from watchfiles import Change

    from cierre.settings import Settings

# Seconds that requests which are being answered have when the process is asked to end.
_PATIENCE = 10


def run(settings: Settings, sock: socket.socket, *, workers: int, reload: bool, log_format: str) -> None:
    from cierre.cli.announcing import AnnouncedServer, run_workers
    from cierre.server.descriptors import raise_limit

    raise_limit()
    if reload:
        from watchfiles import run_process

        run_process(
            *_watched(),
            target=_serve_until_edited,
            args=(settings, sock, log_format),
            watch_filter=_is_source,
            callback=_print_edits,
            sigint_timeout=_PATIENCE,
        )
    elif workers > 1:
        run_workers(_config(settings, log_format, workers=workers), [sock])
    else:
        _serve(AnnouncedServer(_config(settings, log_format)), sock)


def _config(settings: Settings, log_format: str, *, workers: int = 1) -> uvicorn.Config:
    from cierre.server.config import server_config

    return server_config(
        partial(_app, settings, log_format),
        settings.connections,
        factory=True,
        workers=workers,
        log_level="warning",
        timeout_graceful_shutdown=_PATIENCE,
        loop="uvloop",
    )


def _serve(server: uvicorn.Server, sock: socket.socket) -> None:
    server.run(sockets=[sock])
    if not server.started:
        sys.exit(2)


def _serve_until_edited(settings: Settings, sock: socket.socket, log_format: str) -> None:
    """What each process of `--reload` does: a fresh interpreter, so that everything is read anew."""
    import uvicorn

    from cierre.oas import BrokenDocument

    try:
        _serve(uvicorn.Server(_config(settings, log_format)), sock)
    except BrokenDocument as mistake:
        click.echo(f"cierre: {lines(mistake)}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        # How it is asked to end.
        sys.exit(0)


def _watched() -> list[Path]:
    """The package, and the folders beside it that are links inside of it."""
    import cierre

    package = Path(cierre.__file__).parent
    return [package, *(entry.resolve() for entry in package.iterdir() if entry.is_symlink())]


def _is_source(_change: Change, path: str) -> bool:
    return path.endswith((".py", ".yaml"))


def _print_edits(changes: set[tuple[Change, str]]) -> None:
    from cierre.oas.locations import relative

    edited = ", ".join(sorted(relative(Path(path)) for _, path in changes))
    click.echo("cierre: " + _("{files}: edited, starting again").format(files=edited), err=True)


def _app(settings: Settings, log_format: Any) -> Any:
    """Called in each worker."""
    from cierre.app import create_app
    from cierre.cli import logs

    logs.configure(log_format, traced=settings.traces is not None)
    app = create_app(settings)
    # What stands now stands to the end. Looking through all of it for garbage would hold up whoever asks just then.
    gc.collect()
    gc.freeze()
    return app
