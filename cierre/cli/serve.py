"""`cierre serve`: the service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import UTC
from gettext import gettext as _
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import click

from cierre.cli import options, telemetry
from cierre.cli.listening import listening
from cierre.cli.options import DURATION, ISSUER, MINUTES, NETWORKS, ORIGINS, QUEUE, REDIS, TOPIC, option
from cierre.cli.preparing import prepare
from cierre.cli.processes import run
from cierre.phrases import reason_of
from cierre.settings import PASSWORD_SETTINGS, ConnectionLimits, DatabaseLimits, Settings

_COUNT = click.IntRange(1, 1000)


@click.command(name="serve", short_help="Run the service.")
@option("--host", "Address to listen on.", default="localhost", show_default=True)
@option("--port", "Port to listen on; 0: any free one.", type=click.IntRange(0, 65535), default=3000, show_default=True)
@options.database_url
@options.data_dir
@option("--redis-url", "redis://… for shared limits, and a denylist that other services can read.", type=REDIS)
@option("--events", "Message queue that is told what happens: redis://…, nats://… or amqp://….", type=QUEUE)
@option(
    "--events-topic",
    "Its stream (Redis), beginning of the subjects (NATS) or exchange (AMQP).",
    type=TOPIC,
    default="cierre.events",
    show_default=True,
)
@option(
    "--events-retention",
    "An event that the queue did not take for so long is deleted.",
    type=DURATION,
    default="7d",
    show_default=True,
)
@option("--metrics-port", "Port for /metrics alone, without a token.", type=click.IntRange(1, 65535))
@option("--metrics-host", "Address for --metrics-port.", default="localhost", show_default=True)
@option("--metrics-token", "Bearer token of /metrics. [default: to this machine alone, without one]")
@option("--workers", "Processes that answer requests.", type=click.IntRange(1, 64), default=1, show_default=True)
@option("--demo", "Add demo users and clients, with a password that everybody knows; on loopback only.", is_flag=True)
@option(
    "--rate-limit",
    "Which requests the rate limits count: all, none, or those that fail.",
    type=click.Choice(["on", "off", "failures"]),
    default="on",
    show_default=True,
)
@option(
    "--password-threads", "Passwords checked at once. [default: the cores, by the workers]", type=click.IntRange(1, 256)
)
@options.password_hashing("19456; 8 with --demo", "2; 1 with --demo")
@option(
    "--login-queue",
    "Passwords that wait to be checked; more are 503.",
    type=click.IntRange(0, 100_000),
    default=64,
    show_default=True,
)
@option("--access-ttl", "Life of an access token.", type=DURATION, default="15m", show_default=True)
@option("--refresh-ttl", "Life of a refresh token.", type=DURATION, default="30d", show_default=True)
@option(
    "--refresh-grace",
    "How long a refresh token that was exchanged still answers with its successor.",
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
    "Algorithm of a new signing key. [default: of the last one; ES256 for the first]",
    type=click.Choice(["RS256", "ES256"]),
)
@options.key_passphrase_file
@option(
    "--rotate-keys-every",
    "How long a signing key signs until the next one is made. [default: until `cierre keys rotate`]",
    type=DURATION,
)
@option(
    "--key-lead",
    "How long a new signing key is published before it signs.",
    type=DURATION,
    default="2m",
    show_default=True,
)
@option("--allowed-origins", "Origins that may call from a browser, with credentials.", type=ORIGINS, default=())
@options.max_connections
@option("--header-timeout", "For the header section of a request.", type=DURATION, default="10s", show_default=True)
@option("--body-timeout", "For its body, and 1 s more a KB.", type=DURATION, default="20s", show_default=True)
@option("--send-timeout", "A client reads nothing for so long.", type=DURATION, default="20s", show_default=True)
@option("--keep-alive", "A connection without a request.", type=DURATION, default="5s", show_default=True)
@option("--trusted-proxies", "Addresses or CIDR blocks whose X-Forwarded-For counts.", type=NETWORKS, default=())
@option(
    "--suspicious-change",
    "What to do when a session moves to another network or user agent.",
    type=click.Choice(["off", "audit", "close"]),
    default="off",
    show_default=True,
)
@option(
    "--audit-seal-interval",
    "How often new rows of the audit trail get their hashes.",
    type=DURATION,
    default="5s",
    show_default=True,
)
@option("--pool-size", "Connections to the database, of each process.", type=_COUNT, default=16, show_default=True)
@option(
    "--user-connections",
    "How many of these one user's requests have at once; half of them at most.",
    type=_COUNT,
    default=4,
    show_default=True,
)
@option("--pool-timeout", "How long a request waits for a connection.", type=DURATION, default="5s", show_default=True)
@option("--pool-idle", "A connection unused for so long is closed.", type=DURATION, default="1m", show_default=True)
@option("--lock-timeout", "How long a statement waits for a lock.", type=DURATION, default="3s", show_default=True)
@option("--statement-timeout", "How long a statement runs.", type=DURATION, default="10s", show_default=True)
@option(
    "--idle-transaction-timeout",
    "How long a transaction stays open between two statements.",
    type=DURATION,
    default="10s",
    show_default=True,
)
@option(
    "--reauthenticate-within",
    "How recent a login must be for a new password, and for forcing out a second user within that time."
    " [default: any will do]",
    type=DURATION,
)
@options.password_min_length("12; 8 with --demo")
@option(
    "--clock-tolerance",
    "A node whose clock is further from the database's is not ready.",
    type=DURATION,
    default="10s",
    show_default=True,
)
@option("--audit-retention", "How long the audit trail is kept. [default: for good]", type=DURATION)
@option(
    "--sanctum-expiration",
    "Minutes that a Sanctum token is good for, as Laravel's `sanctum.expiration`; 0: for ever. [default: for ever]",
    type=MINUTES,
)
@option(
    "--idempotency-answers",
    "Answers kept a user, for repeats with their Idempotency-Key.",
    type=click.IntRange(1, 100_000),
    default=100,
    show_default=True,
)
@option(
    "--sunset",
    "The date on which the two deprecated paths go. [default: 2028-01-01]",
    type=click.DateTime(["%Y-%m-%d"]),
)
@option("--validate-responses", "Check each answer against the contract.", is_flag=True)
@option(
    "--log-format",
    "Form of the log: JSON, or coloured lines; auto: by whether somebody watches.",
    type=click.Choice(["auto", "json", "console"]),
    default="auto",
    show_default=True,
)
@option("--reload", "Start again when the code or the contract changes.", is_flag=True)
def command(
    host: str,
    port: int,
    workers: int,
    metrics_port: int | None,
    metrics_host: str,
    demo: bool,
    reload: bool,
    log_format: str,
    **given: Any,
) -> None:
    """Run the service.

    Without options: SQLite in ./.cierre, on localhost:3000.

    A DURATION is written 30d, 24h, 5m, 90s or 250ms; a number alone is seconds.
    """
    if demo and not _is_loopback(host):
        raise click.UsageError(
            _("--demo has a password that everybody knows: it refuses {host}; use localhost").format(host=host)
        )
    if reload and workers > 1:
        raise click.UsageError(_("--reload runs one process: leave out --workers"))
    sock = listening(host, port)
    given["password_threads"] = given["password_threads"] or max(1, _cores() // workers)
    settings = _settings(host, sock.getsockname()[1], demo=demo, **given)
    with _metrics(metrics_host, metrics_port, shared=workers > 1) as folder:
        settings = replace(settings, metrics_dir=folder)
        prepare(settings, demo=demo)
        click.echo(_first_lines(settings, host, sock.getsockname()[1], workers=workers, demo=demo), err=True)
        run(settings, sock, workers=workers, reload=reload, log_format=log_format)


@contextmanager
def _metrics(host: str, port: int | None, *, shared: bool) -> Iterator[Path | None]:
    """Share the metrics of several processes, for the block, and serve them on a port of their own where there is one.

    Yields the folder that they are in; None: one process has its own.

    It comes before anything that counts is imported.
    """
    if port is None and not shared:
        yield None
        return
    from cierre.cli.sharing import shared_between_workers

    with shared_between_workers() as folder:
        if port is not None:
            from cierre.metrics.exposition import listen

            try:
                listen(folder, host, port)
            except OSError as failure:
                raise click.UsageError(
                    _("can't listen on {host}:{port} for metrics: {reason}").format(
                        host=host, port=port, reason=reason_of(failure).translated()
                    )
                ) from failure
        yield folder


def _first_lines(settings: Settings, host: str, port: int, *, workers: int, demo: bool) -> str:
    from cierre.cli.announcing import address_of, what_runs
    from cierre.cli.demo_data import what_to_try

    return what_to_try(settings.issuer) if demo else what_runs(settings, address_of(host, port), workers)


def _settings(host: str, port: int, *, demo: bool, **given: Any) -> Settings:
    import os

    from cierre.cli import demo_data

    directory: Path = given["data_dir"].absolute()
    sunset = given.pop("sunset")
    if sunset is not None:
        given["sunset"] = int(sunset.replace(tzinfo=UTC).timestamp() * 1000)
    of_passwords = demo_data.PASSWORD_SETTINGS if demo else PASSWORD_SETTINGS
    given |= {name: value for name, value in of_passwords.items() if given[name] is None}
    given["events_url"] = given.pop("events")
    given["database_url"] = options.resolved_url(given["database_url"], directory)
    given["data_dir"] = directory
    if given["key_passphrase_file"] is not None:
        given["key_passphrase_file"] = given["key_passphrase_file"].absolute()
    limits = {name: given.pop(name) for name in ("header_timeout", "body_timeout", "send_timeout", "keep_alive")}
    given["database"] = DatabaseLimits(**{one.name: given.pop(one.name) for one in fields(DatabaseLimits)})
    given["connections"] = ConnectionLimits(connections=given.pop("max_connections"), **limits)
    given["issuer"] = given["issuer"] or f"http://{f'[{host}]' if ':' in host else host}:{port}"
    settings = Settings(
        demo=demo,
        signing_keys=os.environ.get("CIERRE_SIGNING_KEYS"),
        secret=os.environ.get("CIERRE_SECRET"),
        traces=telemetry.traces(os.environ),
        **given,
    )
    _check_rotation(settings)
    return settings


def _check_rotation(settings: Settings) -> None:
    """Refuse a rotation that can't be: of keys that are given, or faster than tokens expire."""
    every = settings.rotate_keys_every
    if every is None:
        return
    if settings.signing_keys is not None:
        raise click.UsageError(
            _("--rotate-keys-every rotates the keys of the data directory: unset CIERRE_SIGNING_KEYS")
        )
    shortest = settings.access_ttl + settings.key_lead
    if every < shortest:
        raise click.UsageError(
            _("--rotate-keys-every is too short: {shortest} at least, --access-ttl plus --key-lead").format(
                shortest=options.in_words(shortest)
            )
        )


def _cores() -> int:
    """The cores that this process may use."""
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
