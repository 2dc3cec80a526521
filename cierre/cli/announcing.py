"""What `cierre serve` says at its start and at its end."""

from __future__ import annotations

import socket
from gettext import gettext as _
from importlib.metadata import version
from typing import Any

import click
import uvicorn

from cierre.cli.options import in_words
from cierre.masking import without_password
from cierre.settings import Settings


def what_runs(settings: Settings, address: str, workers: int) -> str:
    """What runs, in a few lines and without passwords.

    Args:
        address: that it listens on, as a URL.
        workers: processes that answer requests.
    """
    none = _("none")
    rows = {
        _("issuer"): settings.issuer,
        _("database"): _("{url}, {count} connections a process").format(
            url=without_password(settings.database_url), count=settings.database.pool_size
        ),
        _("redis"): without_password(settings.redis_url) if settings.redis_url else none,
        _("events"): f"{without_password(settings.events_url)}, {settings.events_topic}"
        if settings.events_url
        else none,
        _("workers"): _("{workers}, {threads} password threads each, {logins} logins wait").format(
            workers=workers, threads=settings.password_threads, logins=settings.login_queue
        ),
        _("limits"): _("rate limits {rate}, {connections} connections, {size} B a body").format(
            rate=settings.rate_limit, connections=settings.connections.connections, size=settings.max_body
        ),
        _("tokens"): _("access {access}, refresh {refresh}").format(
            access=in_words(settings.access_ttl), refresh=in_words(settings.refresh_ttl)
        ),
    }
    first = _("version {version} on {address}").format(version=version("cierre"), address=address)
    return "\n".join(f"cierre: {line}" for line in [first, *(f"{name:<9} {value}" for name, value in rows.items())])


def _print_end() -> None:
    click.echo("cierre: " + _("ended"), err=True)


def address_of(host: str, port: int) -> str:
    """The URL of a host and a port."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


class AnnouncedServer(uvicorn.Server):
    """Uvicorn's, which says that it ended: it raises the signal again afterwards, and nothing runs after that."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        if self.started:
            _print_end()


def run_workers(config: uvicorn.Config, sockets: list[Any]) -> None:
    """Run the processes of `config.workers` until somebody asks them to end."""
    from uvicorn.supervisors import Multiprocess

    Multiprocess(config, sockets=sockets).run()
    _print_end()
