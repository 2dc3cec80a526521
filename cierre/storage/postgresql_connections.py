"""Connecting to PostgreSQL: always to the primary, with the session's settings, and through a pooler where one is."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, quote, unquote

import asyncpg
import structlog

from cierre.settings import DatabaseLimits

_log = structlog.get_logger("cierre.storage.postgresql")

# Seconds that the client waits longer than the server: the server's own timeout has the better message.
_NETWORK = 2.0
# What every session has, whatever the server, the database or the role says.
SESSION = {
    "application_name": "cierre",
    "jit": "off",
    # By default PostgreSQL plans a statement on a partitioned table anew at each call, which takes longer than running
    # it. One generic plan finds its partition at run time, and costs half (docs/decisions/0003-compiled-statements.md).
    "plan_cache_mode": "force_generic_plan",
    # One winner is decided by the row count of an UPDATE, which waits for another transaction and then reads its row
    # anew. In a stricter isolation PostgreSQL aborts it instead.
    "default_transaction_isolation": "read committed",
}
_URL = re.compile(
    r"postgresql(?:\+\w+)?://(?:(?P<user>[^:/@]*)(?::(?P<password>[^@]*))?@)?(?P<hosts>[^/?]*)(?P<rest>.*)", re.DOTALL
)
_HOST = re.compile(r"(?:\[[^\]]*\]|[^:\[\]]*)(?::\d{1,5})?")
# What nothing but speed depends on.
_FOR_SPEED = ("application_name", "jit", "plan_cache_mode")
# This host is away, starts, or is no primary: another one may be.
_NEXT_HOST = (
    OSError,
    TimeoutError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
)
_PRIMARY = ("primary", "read-write")


def connection_url(url: str) -> str:
    """The URL as asyncpg takes it: its own scheme, user and password percent-encoded.

    Args:
        url: `postgresql://user:password@host:port/name`; several hosts are separated by commas.

    Raises:
        ValueError: it is none, or it asks for a standby; the message doesn't hold the URL.
    """
    match = _URL.fullmatch(url)
    if match is None or not all(_HOST.fullmatch(host) for host in match["hosts"].split(",")):
        raise ValueError("it is malformed: write postgresql://user:password@host:5432/name")
    wanted = parse_qs(match["rest"].partition("?")[2]).get("target_session_attrs", [_PRIMARY[0]])[-1]
    if wanted not in _PRIMARY:
        # A standby may not know of a closing yet, and would answer that the session is open.
        raise ValueError(f"target_session_attrs={wanted} would ask a standby: write read-write, or leave it out")
    user = ""
    if match["user"] is not None:
        password = "" if match["password"] is None else f":{quote(unquote(match['password']), safe='')}"
        user = f"{quote(unquote(match['user']), safe='')}{password}@"
    return f"postgresql://{user}{match['hosts']}{match['rest']}"


def target_of(url: str) -> str | None:
    """Asyncpg's `target_session_attrs`: the primary; None: the URL says it itself."""
    return None if "target_session_attrs" in parse_qs(url.partition("?")[2]) else _PRIMARY[0]


def urls_of_hosts(url: str) -> list[str]:
    """A URL for each host of one, as `connection_url` returns it."""
    match = _URL.fullmatch(url)
    if match is None:
        return [url]
    before, after = url[: match.start("hosts")], url[match.end("hosts") :]
    return [f"{before}{host}{after}" for host in match["hosts"].split(",")]


async def connect_to_primary(
    urls: list[str], *, patience: float, **options: Any
) -> tuple[list[str], asyncpg.Connection]:
    """Try the hosts one after the other; each has its share of the time.

    Asyncpg gives all of it to the first: a machine that vanished says nothing, and the next one, which has become the
    primary, would never be asked.

    Args:
        urls: one for each host, as `urls_of_hosts` returns them.
        patience: seconds, for all of them.
        options: of `asyncpg.connect`.

    Returns:
        The URLs, the primary's first, for the next call; and the connection.
    """
    for url in urls:
        try:
            connection = await asyncpg.connect(
                url, timeout=patience / len(urls), target_session_attrs=target_of(url), **options
            )
        except _NEXT_HOST:
            if url == urls[-1]:
                raise
        else:
            return [url, *(other for other in urls if other != url)], connection
    raise AssertionError("a URL has a host")


class Connector:
    """Makes connections, and finds out once whether a pooler such as PgBouncer is between.

    Behind a pooler, each transaction may run on another connection of the server: no statement stays prepared, LISTEN
    has no effect, and the session's settings are the role's.

    Args:
        url: as `connection_url` returns it.
    """

    def __init__(self, url: str, limits: DatabaseLimits) -> None:
        self._urls = urls_of_hosts(url)
        self._limits = limits
        self._settings = SESSION | {
            "lock_timeout": str(limits.lock_timeout),
            "statement_timeout": str(limits.statement_timeout),
            "idle_in_transaction_session_timeout": str(limits.idle_transaction_timeout),
        }
        self.pooled: bool | None = None

    async def connect(self) -> asyncpg.Connection:
        """A new connection.

        Raises:
            OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError: the server can't be reached, or
                refuses.
        """
        if self.pooled is None:
            self.pooled = await self._find_pooler()
        if self.pooled:
            return await self._open(server_settings=None, statement_cache_size=0)
        return await self._open(server_settings=self._settings)

    async def _find_pooler(self) -> bool:
        """Whether the process that a connection was given is another than the one that answers."""
        try:
            connection = await self._open(server_settings=self._settings, statement_cache_size=0)
        except asyncpg.ProtocolViolationError:
            # PgBouncer: "unsupported startup parameter".
            connection = await self._open(server_settings=None, statement_cache_size=0)
        try:
            pooled: bool = await connection.fetchval("SELECT pg_backend_pid()") != connection.get_server_pid()
            if pooled:
                await self._log_pooler(connection)
            return pooled
        finally:
            connection.terminate()

    async def _log_pooler(self, connection: asyncpg.Connection) -> None:
        """Log that there is a pooler, and which settings the role lacks."""
        wanted = {name: value for name, value in self._settings.items() if name not in _FOR_SPEED}
        rows = await connection.fetch("SELECT name, setting FROM pg_settings WHERE name = ANY($1)", list(wanted))
        missing = {row["name"]: wanted[row["name"]] for row in rows if row["setting"] != wanted[row["name"]]}
        _log.info("pooler", notifications=False, prepared_statements=False)
        if missing:
            mend = "; ".join(f"ALTER ROLE … SET {name} = '{value}'" for name, value in sorted(missing.items()))
            _log.warning("session_settings", role_lacks=sorted(missing), mend=mend)

    async def _open(self, **options: Any) -> asyncpg.Connection:
        self._urls, connection = await connect_to_primary(
            self._urls,
            patience=self._limits.pool_timeout / 1000,
            command_timeout=self._limits.statement_timeout / 1000 + _NETWORK,
            **options,
        )
        return connection
