"""Where a verifier learns what is revoked: the database, Redis, or the issuer's introspection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import httpx
import orjson

from cierre.extras import named_when_missing
from cierre.revocation.denylist import Denylist
from cierre.verifier.refusals import Unavailable


class Source(Protocol):
    """Keeps a denylist true."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    @property
    def age(self) -> float:
        """Seconds since it was known to be complete."""
        ...


@dataclass(frozen=True, slots=True)
class Introspection:
    """Ask the issuer about each token (RFC 7662), as this confidential client. `url`: None is the issuer's own."""

    client_id: str
    client_secret: str
    url: str | None = None


class DatabaseSource:
    """The database's own feed, over a connection of its own; its user needs SELECT on `revocations`, and no more."""

    def __init__(self, url: str, denylist: Denylist, *, poll_interval: int) -> None:
        from cierre.revocation.feed import Feed  # noqa: PLC0415 - SQLAlchemy is only for those who ask a database
        from cierre.storage.database import open_url  # noqa: PLC0415

        self._database = open_url(url, pool_size=1)
        self._feed = Feed(self._database, denylist, poll_interval=poll_interval)

    async def start(self) -> None:
        await self._feed.start()

    async def stop(self) -> None:
        await self._feed.stop()
        await self._database.close()

    @property
    def age(self) -> float:
        return self._feed.age


def open_source(url: str, denylist: Denylist, *, poll_interval: int) -> Source:
    """`postgresql://…`, `sqlite:///…`, `redis://…`, `rediss://…` or `unix://…`.

    Raises:
        ValueError: it is none of these.
        ExtraNotInstalled: its driver is missing; the message says what to install.
    """
    with named_when_missing():
        if url.startswith(("redis://", "rediss://", "unix://")):
            from cierre.verifier.redis_feed import RedisFeed  # noqa: PLC0415 - only for those who have one

            return RedisFeed(url, denylist, interval=poll_interval)
        return DatabaseSource(url, denylist, poll_interval=poll_interval)


class Introspector:
    """Asks about one token at a time; nothing is cached, so that a closed session is refused at once."""

    def __init__(self, client: httpx.AsyncClient, credentials: Introspection, issuer: str) -> None:
        self._client = client
        self._url = credentials.url or f"{issuer.rstrip('/')}/oauth2/introspect"
        self._auth = httpx.BasicAuth(credentials.client_id, credentials.client_secret)

    async def ask(self, token: str) -> dict[str, Any] | None:
        """What the issuer says of the token; None: it is dead.

        Raises:
            Unavailable: he doesn't say.
        """
        try:
            answer = await self._client.post(
                self._url, data={"token": token}, auth=self._auth, headers={"Accept": "application/json"}
            )
            answer.raise_for_status()
            told = orjson.loads(answer.content)
        except (httpx.HTTPError, ValueError) as failure:
            raise Unavailable from failure
        if not isinstance(told, dict) or not isinstance(told.get("active"), bool):
            raise Unavailable
        return told if told["active"] else None
