"""`cierre serve`: the service."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
from datetime import UTC
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cierre.cli import options
from cierre.cli.options import DURATION, ISSUER, NETWORKS, ORIGINS, REDIS, option
from cierre.settings import Settings

if TYPE_CHECKING:
    import uvicorn
    from watchfiles import Change

    from cierre.oas import ContractError

# Seconds that requests which are being answered have when the process is asked to end.
_PATIENCE = 10


@click.command(name="serve", short_help="Run the service.")
@option("--host", "Address to listen on.", default="localhost", show_default=True)
@option("--port", "Port to listen on; 0: any free one.", type=click.IntRange(0, 65535), default=3000, show_default=True)
@options.database_url
@options.data_dir
@option("--redis-url", "redis://… for shared limits, and a denylist that other services can read.", type=REDIS)
@option("--workers", "Processes.", type=click.IntRange(1, 64), default=1, show_default=True)
@option("--demo", "Add demo users and clients; on loopback only.", is_flag=True)
@option(
    "--rate-limit",
    "Count everything, nothing, or failures only.",
    type=click.Choice(["on", "off", "failures"]),
    default="on",
    show_default=True,
)
@option("--access-ttl", "Life of an access token.", type=DURATION, default="15m", show_default=True)
@option("--refresh-ttl", "Life of a refresh token.", type=DURATION, default="30d", show_default=True)
@option(
    "--refresh-grace",
    "How long an exchanged refresh token still answers.",
    type=DURATION,
    default="10s",
    show_default=True,
)
@option("--idle-timeout", "A session unused for so long is closed.", type=DURATION, default="14d", show_default=True)
@option("--session-ttl", "A session is closed at this age.", type=DURATION, default="90d", show_default=True)
@option("--issuer", "`iss` of the tokens and public URL. [default: the address it was started on]", type=ISSUER)
@option("--audience", "`aud` of the tokens.", default="cierre", show_default=True)
@option(
    "--algorithm",
    "Of a new signing key.",
    type=click.Choice(["RS256", "ES256"]),
    default="RS256",
    show_default=True,
)
@option("--allowed-origins", "Origins that may call from a browser, with credentials.", type=ORIGINS, default=())
@option("--trusted-proxies", "Addresses or CIDR blocks whose X-Forwarded-For counts.", type=NETWORKS, default=())
@option(
    "--suspicious-change",
    "What to do when a session moves to another network or user agent.",
    type=click.Choice(["off", "audit", "close"]),
    default="off",
    show_default=True,
)
@option("--audit-retention", "How long the trail is kept. [default: for good]", type=DURATION)
@option("--sunset", "When the two old paths go: a date. [default: 2028-01-01]", type=click.DateTime(["%Y-%m-%d"]))
@option("--validate-responses", "Check each answer against the contract.", is_flag=True)
@option("--log-format", "Lines.", type=click.Choice(["auto", "json", "console"]), default="auto", show_default=True)
@option("--reload", "Start again when the code or the contract changes.", is_flag=True)
def command(host: str, port: int, workers: int, demo: bool, reload: bool, log_format: str, **given: Any) -> None:
    """Run the service.

    Without options: SQLite in ./.cierre, on localhost:3000.
    """
    if demo and not _is_loopback(host):
        raise click.UsageError(f"--demo has a password that everybody knows: it refuses {host}; use localhost")
    if reload and workers > 1:
        raise click.UsageError("--reload runs one process: leave out --workers")
    sock = _bind(host, port)
    settings = _settings(host, sock.getsockname()[1], **given)
    _prepare(settings, demo=demo)
    if demo:
        from cierre.cli.demo import what_to_try

        click.echo(what_to_try(settings.issuer), err=True)
    _run(settings, sock, workers=workers, reload=reload, log_format=log_format)


def _settings(host: str, port: int, **given: Any) -> Settings:
    import os

    directory: Path = given["data_dir"].absolute()
    sunset = given.pop("sunset")
    if sunset is not None:
        given["sunset"] = int(sunset.replace(tzinfo=UTC).timestamp() * 1000)
    given["database_url"] = options.resolved_url(given["database_url"], directory)
    given["data_dir"] = directory
    given["issuer"] = given["issuer"] or f"http://{f'[{host}]' if ':' in host else host}:{port}"
    return Settings(signing_keys=os.environ.get("CIERRE_SIGNING_KEYS"), secret=os.environ.get("CIERRE_SECRET"), **given)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _bind(host: str, port: int) -> socket.socket:
    """Bind before anything else is done: a taken port is found out at once."""
    try:
        family, kind, _, _, address = _addresses(host, port)[0]
        sock = socket.socket(family, kind)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
    except UnicodeError as failure:
        raise click.UsageError(f"{host!r} is no host name") from failure
    except OSError as failure:
        raise click.UsageError(f"can't listen on {host}:{port}: {failure.strerror}; try --port 0") from failure
    sock.set_inheritable(True)
    return sock


def _addresses(host: str, port: int) -> list[Any]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    # IPv4 first: that is where most clients of "localhost" look.
    return sorted(found, key=lambda one: one[0] != socket.AF_INET)


def _prepare(settings: Settings, *, demo: bool) -> None:
    """Check the contract, migrate, make the keys, fill in the demo: once, before the workers start."""
    from cierre.app import checked_contract
    from cierre.cli import demo as demo_data
    from cierre.errors import ServiceUnavailable
    from cierre.oas import ContractError
    from cierre.services import build
    from cierre.storage import migrate
    from cierre.storage.database import UnknownDatabase, in_memory, without_password
    from cierre.tokens.keys import BadKey

    async def fill() -> None:
        await services.database.open()
        try:
            if demo:
                await demo_data.fill(services.database, tokenable_type=settings.tokenable_type)
        finally:
            await services.database.close()

    try:
        checked_contract()
        if in_memory(settings.database_url):
            raise click.UsageError("a database in memory is gone before the service starts: write sqlite:///file")
        migrate.upgrade(settings.database_url)
        services = build(settings)
        asyncio.run(fill())
    except ContractError as mistake:
        raise click.ClickException(_lines(mistake)) from mistake
    except (UnknownDatabase, BadKey) as mistake:
        raise click.UsageError(str(mistake)) from mistake
    except ServiceUnavailable as away:
        raise click.UsageError(
            f"can't use the database {without_password(settings.database_url)}: {away.__cause__}"
        ) from away
    except OSError as failure:
        raise click.UsageError(f"can't write to {settings.data_dir}: {failure.strerror}") from failure


def _lines(mistake: ContractError) -> str:
    """Each problem in a line that begins as all lines of the command do."""
    return "\ncierre: ".join(mistake.problems)


def _run(settings: Settings, sock: socket.socket, *, workers: int, reload: bool, log_format: str) -> None:
    if reload:
        from watchfiles import run_process

        run_process(
            *_watched(),
            target=_serve_until_edited,
            args=(settings, sock, log_format),
            watch_filter=_is_source,
            callback=_tell_edits,
            sigint_timeout=_PATIENCE,
        )
    elif workers > 1:
        from uvicorn.supervisors import Multiprocess

        Multiprocess(_config(settings, log_format, workers=workers), sockets=[sock]).run()
    else:
        _serve(settings, sock, log_format)


def _config(settings: Settings, log_format: str, *, workers: int = 1) -> uvicorn.Config:
    import uvicorn

    return uvicorn.Config(
        partial(_app, settings, log_format),
        factory=True,
        workers=workers,
        log_level="warning",
        access_log=False,
        # Ours: behind trusted proxies only, and for the address alone.
        proxy_headers=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=_PATIENCE,
        loop="uvloop",
        http="httptools",
    )


def _serve(settings: Settings, sock: socket.socket, log_format: str) -> None:
    import uvicorn

    server = uvicorn.Server(_config(settings, log_format))
    server.run(sockets=[sock])
    if not server.started:
        sys.exit(2)


def _serve_until_edited(settings: Settings, sock: socket.socket, log_format: str) -> None:
    """What each process of `--reload` does: a fresh interpreter, so that everything is read anew."""
    from cierre.oas import ContractError

    try:
        _serve(settings, sock, log_format)
    except ContractError as mistake:
        click.echo(f"cierre: {_lines(mistake)}", err=True)
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


def _tell_edits(changes: set[tuple[Change, str]]) -> None:
    from cierre.oas.places import shown

    edited = ", ".join(sorted(shown(Path(path)) for _, path in changes))
    click.echo(f"cierre: {edited}: edited, starting again", err=True)


def _app(settings: Settings, log_format: Any) -> Any:
    """Called in each worker."""
    from cierre.app import create_app
    from cierre.cli import logs

    logs.configure(log_format)
    app = create_app(settings)
    # What stands now stands to the end. Looking through all of it for garbage would hold up whoever asks just then.
    gc.collect()
    gc.freeze()
    return app
