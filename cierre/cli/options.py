"""Options that several commands share, and how their values are read. Each has an environment variable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from cierre import settings

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_ISSUER = "http://localhost:3000"


class Parsed(click.ParamType[Any]):
    """A value that a function reads and refuses with a ValueError."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except ValueError as mistake:
            self.fail(str(mistake), param, ctx)


DURATION = Parsed("duration", settings.duration)
NETWORKS = Parsed("addresses", lambda text: tuple(settings.network(part) for part in _parts(text)))
ORIGINS = Parsed("origins", lambda text: tuple(_origin(part) for part in _parts(text)))


ISSUER = Parsed("URL", lambda text: _url(text, "http", "https"))


def _parts(text: str) -> list[str]:
    return [part for part in text.replace(",", " ").split() if part]


def _url(text: str, *schemes: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(text)
    if parts.scheme not in schemes or not parts.hostname or parts.fragment:
        raise ValueError(f"{text!r} is no URL: write {schemes[0]}://host")
    # A port that is none is found out by looking.
    _ = parts.port
    return text


def _redis_url(text: str) -> str:
    from urllib.parse import urlsplit

    from redis.asyncio.connection import parse_url

    url = _url(text, "redis", "rediss")
    database = urlsplit(url).path.removeprefix("/")
    if database and not database.isdigit():
        raise ValueError(f"{text!r} names no database of Redis: write /{database} as a number")
    # An option that is none is found out by looking.
    parse_url(url)
    return url


REDIS = Parsed("URL", _redis_url)


def _origin(text: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/") or parts.query:
        raise ValueError(f"{text!r} is no origin: write https://app.example.com, without a path")
    return settings.origin(text)


def option(name: str, help_text: str, *, envvar: str | None = None, **more: Any) -> Callable[[Command], Command]:
    """`--access-ttl` with the variable CIERRE_ACCESS_TTL, or `envvar`."""
    variable = "CIERRE_" + name.removeprefix("--").partition("/")[0].replace("-", "_").upper()
    return click.option(name, envvar=envvar or variable, show_envvar=True, help=help_text, **more)


def data_dir(command: Command) -> Command:
    return option(
        "--data-dir",
        "Keys and the default database.",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(".cierre"),
        show_default=True,
    )(command)


def database_url(command: Command) -> Command:
    return option("--database-url", "postgresql://… or sqlite:///file. [default: a SQLite file in the data directory]")(
        command
    )


def resolved_url(url: str | None, directory: Path) -> str:
    """The database URL, or the default one: a file in the data directory."""
    return url or f"sqlite:///{(directory / 'cierre.db').absolute()}"
