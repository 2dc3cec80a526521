"""Every setting, once: one frozen object, made by the command line and passed on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from gettext import gettext as _
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

Network = IPv4Network | IPv6Network

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# Which host speaks which dialect on /api/v1: the hosts of documents 001, 002 and 003.
HOST_DIALECTS: Mapping[str, str] = {
    "api.example.com": "envelope",
    "api.ejemplo.com": "respuesta",
    "localhost:3000": "session",
}

PASSWORD_MIN_LENGTH = 12
# OWASP Password Storage Cheat Sheet, Argon2id: 19 MiB (in KiB), two passes, one lane.
PASSWORD_MEMORY = 19 * 1024
PASSWORD_PASSES = 2
PASSWORD_SETTINGS = {
    "password_min_length": PASSWORD_MIN_LENGTH,
    "password_memory": PASSWORD_MEMORY,
    "password_passes": PASSWORD_PASSES,
}

# Bits before the IPv4 address in `::ffff:1.2.3.4`.
_MAPPED = 96
_LONGEST = 36_525 * DAY
_DURATION = re.compile(r"^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$")
_UNITS = {"ms": 1, "s": 1000, "m": MINUTE, "h": HOUR, "d": DAY}


def duration(text: str, *, zero: bool = False) -> int:
    """`30d`, `24h`, `5m`, `90s`, `250ms` or plain seconds, in milliseconds: one way for every option.

    Args:
        zero: accept `0s` as well.

    Raises:
        ValueError: the text is no duration, or not a positive one.
    """
    match = _DURATION.match(text.strip())
    if match is None:
        raise ValueError(
            _("{text!r} is no duration: write 30d, 24h, 5m, 90s, 250ms or plain seconds").format(text=text)
        )
    value = round(float(match[1]) * _UNITS[match[2] or "s"])
    if value > _LONGEST:
        raise ValueError(_("{text!r} is too long: a hundred years at the most").format(text=text))
    if value <= 0 and not zero:
        raise ValueError(_("{text!r} is no duration: it must be more than nothing").format(text=text))
    return value


def minutes(text: str) -> int | None:
    """Whole minutes, or a duration with its unit, in milliseconds; `0` is None, as in Laravel's configuration.

    Raises:
        ValueError: the text is neither.
    """
    text = text.strip()
    if text == "0":
        return None
    return duration(f"{text}m" if text.isdecimal() else text)


def network(text: str) -> Network:
    """An address or a CIDR block; one of IPv4 where it is IPv4 in IPv6, as addresses of clients are compared.

    Raises:
        ValueError: it is neither.
    """
    try:
        parsed = ip_network(text.strip(), strict=False)
    except ValueError:
        raise ValueError(
            _("{text!r} is neither an IP address nor a CIDR block such as 10.0.0.0/8").format(text=text)
        ) from None
    mapped = parsed.network_address.ipv4_mapped if isinstance(parsed, IPv6Network) else None
    return parsed if mapped is None or parsed.prefixlen < _MAPPED else IPv4Network((mapped, parsed.prefixlen - _MAPPED))


def origin(url: str) -> str:
    """The origin of a URL as browsers write it: in small letters, without the scheme's own port."""
    parts = urlsplit(url)
    default = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(default)}"


RateLimiting = Literal["on", "off", "failures"]
SuspiciousChange = Literal["off", "audit", "close"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """What a client may take of a server. Times are in milliseconds, sizes in bytes.

    Attributes:
        connections: of one process at once; fewer where the system allows fewer open files.
        header_bytes: of the header section.
        header_fields: of the header section.
        target_bytes: of the request target; RFC 9112, section 3, recommends 8,000 at least.
        pipelined: requests that wait behind one that is being answered, before no more is read.
        header_timeout: from the first byte of a request to the last one of its header section.
        body_timeout: for the body, beside a second for each `body_rate` bytes that have arrived.
        body_rate: bytes a second.
        send_timeout: how long a client may read nothing of its answer.
        keep_alive: how long a connection may stay without a request.
        linger_timeout: how long a connection is read after an answer that the client did not wait for.
        linger_bytes: how much of it.
    """

    connections: int = 2_000
    header_bytes: int = 64 * 1024
    header_fields: int = 100
    target_bytes: int = 8 * 1024
    pipelined: int = 16
    header_timeout: int = 10_000
    body_timeout: int = 20_000
    body_rate: int = 1_000
    send_timeout: int = 20_000
    keep_alive: int = 5_000
    linger_timeout: int = 10_000
    linger_bytes: int = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSocketLimits:
    """What a client may take of a server that speaks WebSocket, beside `ConnectionLimits`. Times are in milliseconds.

    Half of the connections of a server may be WebSockets at once: the others are left for requests.

    Attributes:
        message_bytes: of one message, in all its frames and unpacked.
        idle_timeout: how long there may be no message, in either direction, and no ping of the client.
        ping_interval: after how long a client is pinged.
        ping_timeout: how long it may take to answer that.
    """

    message_bytes: int = 10_000_000
    idle_timeout: int = 3_600_000
    ping_interval: int = 20_000
    ping_timeout: int = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseLimits:
    """How many connections to the database a process opens, and how long statements wait. Times are in milliseconds.

    Attributes:
        pool_size: the largest number of connections.
        user_connections: the largest number of connections that requests of one user have at once; never more than
            half of the pool.
        pool_timeout: how long a request waits for a free connection, and for a new one to be made.
        pool_idle: a connection that was free for so long is closed.
        lock_timeout: how long a statement waits for a row that another transaction has locked; on SQLite for the file.
        statement_timeout: how long a statement runs; on PostgreSQL only.
        idle_transaction_timeout: how long a transaction stays open between two statements; on PostgreSQL only.
    """

    pool_size: int = 16
    user_connections: int = 4
    pool_timeout: int = 5_000
    pool_idle: int = 60_000
    lock_timeout: int = 3_000
    statement_timeout: int = 10_000
    idle_transaction_timeout: int = 10_000

    @property
    def share(self) -> int:
        """Connections of one user at once."""
        return max(1, min(self.user_connections, self.pool_size // 2))


DEFAULT_DATABASE_LIMITS = DatabaseLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this node runs. A time or a duration is in milliseconds, a size in bytes, unless its line says otherwise.

    Attributes:
        database_url: `sqlite:///file` or `postgresql://user:password@host:port/name`; not shown in a `repr`.
        data_dir: a directory: signing keys, secret, and the SQLite database where no other is named.
        issuer: `iss` of the access tokens and the public URL of the service (RFC 8414, section 2).
        demo: the page at /ui fills in the demo's user and the contract's other examples.
        redis_url: `redis://…` or `rediss://…`; None: no Redis.
        audience: `aud` of the access tokens.
        algorithm: what new signing keys are made for; None: ES256 for the first, and then as for the last one.
        signing_keys: PEM texts instead of the data directory's keys: the first signs, the others verify.
        key_passphrase_file: with the passphrase of the signing keys; None: they are not encrypted.
        key_lead: ms; how long a new signing key is published before it signs.
        rotate_keys_every: ms; how long a signing key signs before the next one does; None: until somebody rotates it.
        key_reload_interval: ms; how often a node looks for new signing keys in the data directory.
        secret: derives the successors of refresh tokens, 32 characters at least; None: the data directory's.
        access_ttl: ms; life of an access token.
        refresh_ttl: ms; life of a refresh token.
        refresh_grace: ms; how long an exchanged refresh token still answers with its unused successor.
        idle_timeout: ms; a session that nobody used for so long is closed.
        session_ttl: ms; a session of this age is closed, however busy.
        allowed_origins: `scheme://host[:port]` of pages that may call with credentials.
        trusted_proxies: who may say X-Forwarded-For.
        host_dialects: `host[:port]` → the dialect that it speaks on the shared paths.
        rate_limit: `failures` counts only what fails, so that no neighbour behind one NAT keeps a person in.
        rate_limit_keys: a number: addresses, users or accounts that each limit remembers where it counts in memory.
        password_memory: KiB, of argon2id.
        password_passes: a number, over that memory.
        password_threads: a number: passwords checked at once, each of which keeps one core busy.
        login_queue: a number: passwords that wait to be checked at most; more are 503. One address may have half.
        known_device_ttl: ms; how long a device that has logged in is told apart from those that guess.
        suspicious_change: what happens when a session moves to another network and user agent.
        validate_responses: whether each answer is checked against the contract.
        max_body: bytes; a larger request body is 413.
        connections: what a client may take of the server.
        deprecated_since: ms since the epoch: since when the two old paths are deprecated (RFC 9745).
        sunset: ms since the epoch: when the two old paths go (RFC 8594).
        metrics_dir: where the processes of this service share their metrics; None: there is one process.
        metrics_token: opens `/metrics`; None: to this machine alone.
        poll_interval: ms; how often a node reads what other nodes revoked, beside being told.
        sweep_interval: ms; how often a node closes what has expired and deletes what nobody needs.
        clock_tolerance: ms; how far a node's clock may be from the database's; beyond that it is not ready.
        probe_interval: ms; how long a probe of the database holds: `/health/ready` writes no more often than this.
        probe_patience: ms; how long that write may take; beyond it the node is not ready.
        database: connections to the database, and how long statements wait.
        events_url: of the message queue that is told what happens; None: none, and no event is written for one.
        events_topic: where in the queue: the stream's key (Redis), the subjects' beginning (NATS), the exchange (AMQP).
        events_interval: ms; how long after an event was written it is sent at the latest, where nothing else waits.
        events_retention: ms; an event that nobody took for so long is deleted.
        audit_seal_interval: ms; how often new rows of the audit trail get their links in the hash chain.
        audit_window: ms; refusals of one kind, user and address within this time are at most two audit rows.
        audit_sources: a number: users and addresses that are told apart in that time; the others are counted as one.
        audit_retention: ms; how long audit rows are kept; None: for good.
        reauthenticate_within: ms; how recent the login must be for a new password, and for forcing out a second user
            within that time; None: any.
        password_min_length: a number: characters of a new password; those that are in use stay as they are.
        traces: where spans go, `otlp` or `console`, as the variables of OpenTelemetry say; None: there are none.
        tokenable_type: Laravel's class of the users whose Sanctum tokens are accepted.
        idempotency_answers: a number: answers that are kept for the Idempotency-Keys of one user; the oldest go first.
        sanctum_expiration: ms; how long after it was made a Sanctum token is good at the most, as Laravel's
            `sanctum.expiration` has it; None: as long as its own `expires_at` says.
    """

    database_url: str = field(repr=False)
    data_dir: Path
    issuer: str
    demo: bool = False
    redis_url: str | None = field(default=None, repr=False)
    audience: str = "cierre"
    algorithm: Literal["RS256", "ES256"] | None = None
    signing_keys: str | None = field(default=None, repr=False)
    key_passphrase_file: Path | None = None
    key_lead: int = 2 * MINUTE
    rotate_keys_every: int | None = None
    key_reload_interval: int = 2_000
    secret: str | None = field(default=None, repr=False)
    access_ttl: int = 15 * MINUTE
    refresh_ttl: int = 30 * DAY
    refresh_grace: int = 10_000
    idle_timeout: int = 14 * DAY
    session_ttl: int = 90 * DAY
    allowed_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[Network, ...] = ()
    host_dialects: Mapping[str, str] = field(default_factory=lambda: dict(HOST_DIALECTS))
    rate_limit: RateLimiting = "on"
    rate_limit_keys: int = 100_000
    password_memory: int = PASSWORD_MEMORY
    password_passes: int = PASSWORD_PASSES
    password_threads: int = 1
    login_queue: int = 64
    known_device_ttl: int = 180 * DAY
    suspicious_change: SuspiciousChange = "off"
    validate_responses: bool = False
    max_body: int = 64 * 1024
    connections: ConnectionLimits = field(default_factory=ConnectionLimits)
    deprecated_since: int = 1_758_758_400_000  # 2025-09-25, when document 003 described the successor
    sunset: int = 1_830_297_600_000  # 2028-01-01
    metrics_dir: Path | None = None
    metrics_token: str | None = field(default=None, repr=False)
    poll_interval: int = 1_000
    sweep_interval: int = 30_000
    clock_tolerance: int = 10_000
    probe_interval: int = 1_000
    probe_patience: int = 3_000
    database: DatabaseLimits = DEFAULT_DATABASE_LIMITS
    events_url: str | None = field(default=None, repr=False)
    events_topic: str = "cierre.events"
    events_interval: int = 200
    events_retention: int = 7 * DAY
    audit_seal_interval: int = 5_000
    audit_window: int = 5 * MINUTE
    audit_sources: int = 1_000
    audit_retention: int | None = None
    reauthenticate_within: int | None = None
    password_min_length: int = PASSWORD_MIN_LENGTH
    traces: str | None = None
    tokenable_type: str = "App\\Models\\User"
    idempotency_answers: int = 100
    sanctum_expiration: int | None = None
