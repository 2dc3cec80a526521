"""Options that several commands share, and how their values are read. Each has an environment variable."""

from __future__ import annotations

from collections.abc import Callable
from gettext import gettext as _
from pathlib import Path
from typing import Any, TypeVar

import click

from cierre import settings
from cierre.masking import without_password
from cierre.phrases import phrase_of

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
            self.fail(phrase_of(mistake).translated(), param, ctx)


DURATION = Parsed("duration", settings.duration)
MINUTES = Parsed("minutes", settings.minutes)
NETWORKS = Parsed("addresses", lambda text: tuple(settings.network(part) for part in _parts(text)))
ORIGINS = Parsed("origins", lambda text: tuple(_origin(part) for part in _parts(text)))


ISSUER = Parsed("URL", lambda text: _url(text, "http", "https"))


def _parts(text: str) -> list[str]:
    return [part for part in text.replace(",", " ").split() if part]


def _url(text: str, *schemes: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(text)
    if parts.scheme not in schemes or not parts.hostname or parts.fragment:
        raise ValueError(_("{text!r} is no URL: write {value}://host").format(text=text, value=schemes[0]))
    # A port that is none is found out by looking.
    int(parts.port or 0)
    return text


def _redis_url(text: str) -> str:
    """The URL, checked. A message shows it without its password."""
    from urllib.parse import urlsplit

    from redis.asyncio.connection import parse_url

    shown = without_password(text)
    try:
        _url(text, "redis", "rediss")
    except ValueError:
        # Not the cause's words: of a mistyped URL they may quote a part of the password.
        raise ValueError(
            _("{shown!r} is no URL: write redis://host:6379 or redis://user:password@host:6379").format(shown=shown)
        ) from None
    database = urlsplit(text).path.removeprefix("/")
    if database and not database.isdigit():
        raise ValueError(
            _("{shown!r} names no database of Redis: write /{database} as a number").format(
                shown=shown, database=database
            )
        )
    # An option that is none is found out by looking.
    parse_url(text)
    return text


REDIS = Parsed("URL", _redis_url)


def _queue_url(text: str) -> str:
    """The URL, of a queue whose client is installed."""
    from cierre.events.queues import open_queue, queue_url

    url = _redis_url(text) if text.startswith("redis") else queue_url(text)
    open_queue(url, "")
    return url


def _receiver_url(text: str) -> str:
    from cierre.events.posting import receiver_url

    return receiver_url(text)


def _topic(text: str) -> str:
    import re

    if not re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", text) or len(text) > 100:
        raise ValueError(
            _("{text!r} is no name for a topic: A-Z a-z 0-9 _ - with dots between, 100 characters at most").format(
                text=text
            )
        )
    return text


RECEIVER = Parsed("URL", _receiver_url)
QUEUE = Parsed("URL", _queue_url)
TOPIC = Parsed("name", _topic)


def _origin(text: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/") or parts.query:
        raise ValueError(_("{text!r} is no origin: write https://app.example.com, without a path").format(text=text))
    return settings.origin(text)


def option(name: str, help_text: str, *, envvar: str | None = None, **more: Any) -> Callable[[Command], Command]:
    """`--access-ttl` with the variable CIERRE_ACCESS_TTL, or `envvar`."""
    variable = "CIERRE_" + name.removeprefix("--").partition("/")[0].replace("-", "_").upper()
    return click.option(name, envvar=envvar or variable, show_envvar=True, help=help_text, **more)


def in_words(milliseconds: int) -> str:
    """A duration in its largest unit, as `30d`, `24h`, `5m` or `90s`: rounded down, for people."""
    for unit, size in (("d", settings.DAY), ("h", settings.HOUR), ("m", settings.MINUTE)):
        # Below two of a unit the next smaller one says more.
        if milliseconds >= 2 * size:
            return f"{milliseconds // size}{unit}"
    return f"{max(0, milliseconds) // 1000}s"


def allow_refs_option(command: Command) -> Command:
    """`--allow-refs`, as `cierre.oas.read` takes it."""
    return click.option(
        "--allow-refs",
        multiple=True,
        metavar="DIR",
        envvar="CIERRE_ALLOW_REFS",
        help="A folder, or the beginning of an address, that the document may refer to beside its own folder.",
    )(command)


def data_dir(command: Command) -> Command:
    return option(
        "--data-dir",
        "Directory of the keys and the default database.",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(".cierre"),
        show_default=True,
    )(command)


def max_connections(command: Command) -> Command:
    return option(
        "--max-connections",
        "Of one process at once; fewer where the system allows fewer open files.",
        type=click.IntRange(1),
        default=settings.ConnectionLimits().connections,
        show_default=True,
    )(command)


def database_url(command: Command) -> Command:
    return option(
        "--database-url",
        "Address of the database, postgresql://… or sqlite:///file. [default: a SQLite file in the data directory]",
    )(command)


def key_passphrase_file(command: Command) -> Command:
    return option(
        "--key-passphrase-file",
        "The file with the passphrase that signing keys are encrypted with. [default: they are not]",
        type=click.Path(path_type=Path, dir_okay=False),
    )(command)


def allow_private(command: Command) -> Command:
    return click.option("--allow-private", is_flag=True, help="The receiver may have an address of a private network.")(
        command
    )


def password_min_length(default: str) -> Callable[[Command], Command]:
    """`--password-min-length`; None where it is not given, and `default` says what holds then."""
    # 8 is what the contract's schema asks for; more than 128 is too much to type.
    return option(
        "--password-min-length",
        f"Characters that a new password has at least. [default: {default}]",
        type=click.IntRange(8, 128),
    )


def password_hashing(memory: str, passes: str) -> Callable[[Command], Command]:
    """`--password-memory` and `--password-passes`: the cost of a password's hash, as `Settings` has it.

    Args:
        memory: what holds where it is not given, in KiB; the value is None then.
        passes: the same of the passes.
    """

    def add(command: Command) -> Command:
        for name, text, default, most in (
            ("--password-passes", "Passes of argon2id over that memory.", passes, (1, 64)),
            ("--password-memory", "KiB that argon2id needs for a password.", memory, (8, 4 * 1024 * 1024)),
        ):
            command = option(name, f"{text} [default: {default}]", type=click.IntRange(*most))(command)
        return command

    return add


def resolved_url(url: str | None, directory: Path) -> str:
    """The database URL, or the default one: a file in the data directory."""
    return url or f"sqlite:///{default_database(directory).absolute()}"


def default_database(directory: Path) -> Path:
    return directory / "cierre.db"
