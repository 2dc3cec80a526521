"""The composition root: from settings to everything that a request needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cierre.domain.context import CLOCK_STEP
from cierre.rate_limits import RateLimiter
from cierre.revocation.announcer import Announcer
from cierre.revocation.denylist import Denylist
from cierre.revocation.feed import Feed
from cierre.settings import Settings
from cierre.storage.database import Database, open_url
from cierre.storage.repositories import clients
from cierre.tokens.access_tokens import AccessTokens, Issuer
from cierre.tokens.key_files import KeyRing
from cierre.tokens.server_secret import server_secret

if TYPE_CHECKING:
    from cierre.revocation.redis_mirror import RedisMirror


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
    limiter: RateLimiter
    denylist: Denylist
    announcer: Announcer
    feed: Feed
    mirror: RedisMirror | None
    clients: Clients = field(default_factory=Clients)


def build(settings: Settings) -> Services:
    """Put the services together; the signing key is made here if there is none.

    Raises:
        UnknownDatabase: the database URL names none.
        BadKey: a key is no good.
    """
    keys = KeyRing(
        settings.data_dir / "keys",
        pems=settings.signing_keys,
        algorithm=settings.algorithm,
        keep=settings.access_ttl,
    )
    tokens = AccessTokens(keys, issuer=settings.issuer, audience=settings.audience, ttl=settings.access_ttl)
    database = open_url(settings.database_url, pool_size=settings.pool_size)
    denylist = Denylist()
    feed = Feed(database, denylist, poll_interval=settings.poll_interval)
    return Services(
        settings=settings,
        database=database,
        keys=keys,
        issuer=Issuer(tokens, server_secret(settings.data_dir, settings.secret)),
        limiter=RateLimiter(redis_url=settings.redis_url, mode=settings.rate_limit),
        denylist=denylist,
        announcer=Announcer(database, denylist),
        feed=feed,
        mirror=_mirror(settings, database, denylist, feed),
    )


def _mirror(settings: Settings, database: Database, denylist: Denylist, feed: Feed) -> RedisMirror | None:
    if settings.redis_url is None:
        return None
    from cierre.revocation.redis_mirror import RedisMirror  # noqa: PLC0415 - who has no Redis need not wait for its client

    return RedisMirror(
        settings.redis_url,
        database,
        denylist,
        age=lambda: feed.age,
        poll_interval=settings.poll_interval,
        token_life=settings.access_ttl + CLOCK_STEP,
    )
