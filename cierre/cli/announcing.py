"""What `cierre serve` says at its start and at its end."""

from __future__ import annotations

import socket
from importlib.metadata import version
from typing import Any

import click
import uvicorn

from cierre.cli.options import in_words
from cierre.masking import without_password
from cierre.settings import Settings

ENDED = "cierre: ended"


def what_runs(settings: Settings, address: str, workers: int) -> str:
    """What runs, in a few lines and without passwords.

    Args:
        address: that it listens on, as a URL.
        workers: processes that answer requests.
    """
    limits = settings.connections
    rows = {
        "issuer": settings.issuer,
        "database": f"{without_password(settings.database_url)}, {settings.database.pool_size} connections a process",
        "redis": without_password(settings.redis_url) if settings.redis_url else "none",
        "events": f"{without_password(settings.events_url)}, {settings.events_topic}"
        if settings.events_url
        else "none",
        "workers": f"{workers}, {settings.password_threads} password threads each, {settings.login_queue} logins wait",
        "limits": f"rate limits {settings.rate_limit}, {limits.connections} connections, {settings.max_body} B a body",
        "tokens": f"access {in_words(settings.access_ttl)}, refresh {in_words(settings.refresh_ttl)}",
    }
    lines = [f"cierre: version {version('cierre')} on {address}"]
    return "\n".join(lines + [f"cierre: {name:<9} {value}" for name, value in rows.items()])


def address_of(host: str, port: int) -> str:
    """The URL of a host and a port."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


class AnnouncedServer(uvicorn.Server):
    """Uvicorn's, which says that it ended: it raises the signal again afterwards, and nothing runs after that."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        if self.started:
            click.echo(ENDED, err=True)


def run_workers(config: uvicorn.Config, sockets: list[Any]) -> None:
    """Run the processes of `config.workers` until somebody asks them to end."""
    from uvicorn.supervisors import Multiprocess

    Multiprocess(config, sockets=sockets).run()
    click.echo(ENDED, err=True)
