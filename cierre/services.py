"""The composition root: from settings to everything that a request needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cierre.domain.context import CLOCK_STEP
from cierre.domain.passwords import Passwords
from cierre.domain.refusals import Refusals
from cierre.metrics.instruments import Metrics
from cierre.metrics.offenders import Offenders
from cierre.rate_limits.limiter import RateLimiter
from cierre.revocation.announcer import Announcer
from cierre.revocation.denylist import Denylist
from cierre.revocation.feed import Feed
from cierre.settings import Settings
from cierre.storage.database import Database, open_url
from cierre.storage.repositories import clients
from cierre.storage.write_probe import WriteProbe
from cierre.tokens.access_tokens import AccessTokens, Issuer
from cierre.tokens.key_files import KeyRing
from cierre.tokens.passphrases import read_passphrase
from cierre.tokens.server_secret import server_secret

if TYPE_CHECKING:
    from cierre.revocation.redis_mirror import RedisMirror
    from cierre.tracing.provider import Tracing


class Clients:
    """The registered clients' dialects, in memory: read at start, and again now and then."""

    def __init__(self) -> None:
        self._dialects: dict[str, str | None] = {}

    async def load(self, database: Database) -> None:
        async with database.connect() as tx:
            self._dialects = {row["id"]: row["dialect"] for row in await clients.every(tx)}

    def dialect(self, client_id: str | None) -> str | None:
        """The dialect that the client is pinned to; None: to none."""
        return self._dialects.get(client_id) if client_id else None


@dataclass(frozen=True, slots=True)
class Services:
    """What one process works with; nothing here is connected before `Services.database.open()`."""

    settings: Settings
    database: Database
    keys: KeyRing
    issuer: Issuer
    passwords: Passwords
    limiter: RateLimiter
    refusals: Refusals
    denylist: Denylist
    announcer: Announcer
    feed: Feed
    mirror: RedisMirror | None
    probe: WriteProbe
    metrics: Metrics
    tracing: Tracing | None = None
    offenders: Offenders = field(default_factory=Offenders)
    clients: Clients = field(default_factory=Clients)


def build(settings: Settings) -> Services:
    """Put the services together; the signing key is made here if there is none.

    Where there are traces, OpenTelemetry is imported here, and begins.

    Raises:
        UnknownDatabase: the database URL names none.
        BadKey: a key is no good.
    """
    database = open_url(settings.database_url, limits=settings.database)
    tracing = _tracing(settings)
    if tracing is not None:
        from cierre.tracing.statements import TracedDatabase  # noqa: PLC0415 - see above

        database = TracedDatabase(database, tracing)
    now = database.clock.now
    keys = KeyRing(
        settings.data_dir / "keys",
        pems=settings.signing_keys,
        algorithm=settings.algorithm,
        keep=settings.access_ttl,
        reload_interval=settings.key_reload_interval,
        now=now,
        passphrase=read_passphrase(settings.key_passphrase_file),
    )
    tokens = AccessTokens(keys, issuer=settings.issuer, audience=settings.audience, ttl=settings.access_ttl, now=now)
    denylist = Denylist()
    metrics = Metrics()
    feed = Feed(database, denylist, poll_interval=settings.poll_interval, on_arrival=metrics.arrived)
    return Services(
        settings=settings,
        database=database,
        keys=keys,
        issuer=Issuer(tokens, server_secret(settings.data_dir, settings.secret)),
        passwords=Passwords(
            memory=settings.password_memory,
            passes=settings.password_passes,
            threads=settings.password_threads,
            queue=settings.login_queue,
            on_work=metrics.password_duration.observe,
        ),
        limiter=RateLimiter(
            redis_url=settings.redis_url,
            mode=settings.rate_limit,
            keys=settings.rate_limit_keys,
            on_decision=lambda limit, admitted: metrics.decided(limit.bucket, limit.name, admitted=admitted),
        ),
        refusals=Refusals(database, window=settings.audit_window, limit=settings.audit_sources),
        denylist=denylist,
        announcer=Announcer(database, denylist),
        feed=feed,
        mirror=_mirror(settings, database, denylist, feed, keys),
        probe=WriteProbe(database, interval=settings.probe_interval, patience=settings.probe_patience),
        metrics=metrics,
        tracing=tracing,
    )


def _tracing(settings: Settings) -> Tracing | None:
    if settings.traces is None:
        return None
    from cierre.tracing.provider import Tracing  # noqa: PLC0415 - who has no traces need not wait for them

    return Tracing(settings.traces)


def _mirror(
    settings: Settings, database: Database, denylist: Denylist, feed: Feed, keys: KeyRing
) -> RedisMirror | None:
    if settings.redis_url is None:
        return None
    from cierre.revocation.batches import BatchSigner  # noqa: PLC0415 - who has no Redis need not wait for its client
    from cierre.revocation.redis_mirror import RedisMirror  # noqa: PLC0415

    return RedisMirror(
        settings.redis_url,
        database,
        denylist,
        BatchSigner(keys, issuer=settings.issuer, life=settings.access_ttl + CLOCK_STEP),
        age=lambda: feed.age,
        poll_interval=settings.poll_interval,
    )
