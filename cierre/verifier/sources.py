"""Where a verifier learns what is revoked: the database, Redis, or the issuer's introspection."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
import orjson

from cierre.extras import named_when_missing
from cierre.revocation.denylist import Denylist
from cierre.verifier.issuer_keys import IssuerKeys
from cierre.verifier.refusals import Unavailable


class Source(Protocol):
    """Fills a denylist, and keeps it complete."""

    async def start(self) -> None:
        """Fill it, and go on in the background.

        Raises:
            ServiceUnavailable: the source is not there.
        """
        ...

    async def stop(self) -> None:
        """End the work in the background, and close the connections."""
        ...

    @property
    def age(self) -> float:
        """Seconds since the denylist was last complete."""
        ...


@dataclass(frozen=True, slots=True)
class Introspection:
    """Ask the issuer about each token (RFC 7662).

    Attributes:
        client_id: of a confidential client.
        client_secret: of the same client.
        url: of the endpoint; None: `/oauth2/introspect` of the issuer.
    """

    client_id: str
    client_secret: str
    url: str | None = None


class DatabaseSource:
    """The service's own feed, from the database at the URL; its role needs SELECT on `revocations`, and no more.

    Args:
        poll_interval: milliseconds between two looks at the table.
    """

    def __init__(self, url: str, denylist: Denylist, *, poll_interval: int) -> None:
        from cierre.revocation.feed import Feed  # noqa: PLC0415 - SQLAlchemy is only for those who ask a database
        from cierre.settings import DatabaseLimits  # noqa: PLC0415
        from cierre.storage.database import open_url  # noqa: PLC0415

        self._database = open_url(url, limits=DatabaseLimits(pool_size=1))
        self._feed = Feed(self._database, denylist, poll_interval=poll_interval)

    async def start(self) -> None:
        await self._feed.start()

    async def stop(self) -> None:
        await self._feed.stop()
        await self._database.close()

    @property
    def age(self) -> float:
        return self._feed.age


def open_source(url: str, denylist: Denylist, *, poll_interval: int, keys: IssuerKeys, issuer: str) -> Source:
    """The source that a URL names, not yet connected.

    Args:
        url: `postgresql://…`, `sqlite:///…`, `redis://…`, `rediss://…` or `unix://…`.
        denylist: which it fills.
        poll_interval: milliseconds between two looks at it.
        keys: of the issuer: what Redis says has to be signed by them.
        issuer: URL of the issuer.

    Raises:
        ValueError: it is none of these.
        ExtraNotInstalled: its driver is missing; the message says what to install.
    """
    with named_when_missing():
        if url.startswith(("redis://", "rediss://", "unix://")):
            from cierre.verifier.redis_feed import RedisFeed  # noqa: PLC0415 - only for those who have one

            return RedisFeed(url, denylist, interval=poll_interval, keys=keys, issuer=issuer)
        return DatabaseSource(url, denylist, poll_interval=poll_interval)


class Introspector:
    """Asks the issuer about tokens; nothing is cached, so that a closed session is refused at once.

    Args:
        client: which asks; it is not closed.
        credentials: of the confidential client.
        issuer: URL of the issuer.
        patience: seconds that an answer may take, however slowly it trickles in.
    """

    def __init__(
        self, client: httpx.AsyncClient, credentials: Introspection, issuer: str, *, patience: float = 5.0
    ) -> None:
        self._patience = patience
        self._client = client
        self._url = credentials.url or f"{issuer.rstrip('/')}/oauth2/introspect"
        self._auth = httpx.BasicAuth(credentials.client_id, credentials.client_secret)

    async def ask(self, token: str) -> dict[str, Any] | None:
        """What the issuer says of the token; None: it is not active.

        Raises:
            Unavailable: the issuer gives no answer, or none of RFC 7662.
        """
        try:
            async with asyncio.timeout(self._patience):
                answer = await self._client.post(
                    self._url, data={"token": token}, auth=self._auth, headers={"Accept": "application/json"}
                )
            answer.raise_for_status()
            introspection = orjson.loads(answer.content)
        except (httpx.HTTPError, TimeoutError, ValueError) as failure:
            raise Unavailable from failure
        if not isinstance(introspection, dict) or not isinstance(introspection.get("active"), bool):
            raise Unavailable
        return introspection if introspection["active"] else None
