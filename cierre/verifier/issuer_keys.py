"""The issuer's public keys, by JWKS: kept in memory, fetched again before they are old, and when an unknown one is met.

However many tokens name keys that don't exist, there is one request every few seconds, and no URL but the
configured one is ever fetched. Whoever needs the keys while they are fetched waits for that one request, and no longer
than it may take.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any, NamedTuple

import httpx
import orjson
import structlog
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt import PyJWK, PyJWKError

from cierre.background import stop
from cierre.clock import boottime
from cierre.verifier.refusals import Unavailable

_log = structlog.get_logger("cierre.verifier")

ALGORITHMS = frozenset({"RS256", "ES256"})
_MAX_AGE = re.compile(r"max-age=(\d{1,6})")
_SHORTEST, _LONGEST = 10.0, 3600.0
_MAX_SIZE = 256 * 1024


class PublicKey(NamedTuple):
    """A key that verifies; `algorithm` is the JWK's `alg`, whatever a token says."""

    algorithm: str
    public: Any


class IssuerKeys:
    """Keys by `kid`.

    Args:
        client: which fetches; it is not closed.
        url: of the JWK Set.
        cooldown: seconds between the end of one fetch and the begin of the next, at the least. A key that its issuer
            publishes longer than this before it signs is never missed.
        patience: seconds that one fetch may take, however slowly its answer trickles in.
        keep: seconds for which the keys are used while the issuer can't be reached.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        *,
        cooldown: float = 5.0,
        patience: float = 5.0,
        keep: float = 86_400.0,
    ) -> None:
        self._client = client
        self._url = url
        self._cooldown = cooldown
        self._patience = patience
        self._keep = keep
        self._keys: dict[str, PublicKey] = {}
        self._tried_at = self._fetched_at = float("-inf")
        self._max_age = _SHORTEST
        self._fetching: asyncio.Task[None] | None = None

    def find(self, kid: str) -> PublicKey | None:
        """The key, if it is known."""
        return self._keys.get(kid)

    @property
    def stale(self) -> bool:
        """Whether the keys are older than the issuer's `max-age`."""
        return boottime() - self._fetched_at > self._max_age

    @property
    def fetched_at(self) -> float:
        """When they were fetched last, in seconds of the monotonic clock."""
        return self._fetched_at

    @property
    def usable(self) -> bool:
        """Whether the keys are not older than `keep`."""
        return boottime() - self._fetched_at <= self._keep

    def refresh_soon(self) -> None:
        """Begin to fetch, unless that is under way or was tried less than `cooldown` ago."""
        if self._fetching is None and boottime() - self._tried_at >= self._cooldown:
            self._fetching = asyncio.create_task(self._try())

    async def refresh(self) -> None:
        """Fetch, unless that was tried less than `cooldown` ago; callers at the same time wait for one fetch."""
        self.refresh_soon()
        if self._fetching is not None:
            # Shielded: a caller that is cancelled must not end it for the others.
            await asyncio.shield(self._fetching)

    async def stop(self) -> None:
        """End the fetch that is under way."""
        if self._fetching is not None:
            await stop([self._fetching])

    async def require(self) -> None:
        """Fetch the keys if there are none that are usable.

        Raises:
            Unavailable: there are none even so.
        """
        if not self.usable:
            await self.refresh()
        if not self.usable:
            raise Unavailable

    async def _try(self) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await self._fetch()
        except (httpx.HTTPError, TimeoutError, ValueError) as failure:
            _log.warning("jwks_unavailable", url=self._url, error=repr(failure))
        finally:
            self._tried_at = boottime()
            self._fetching = None

    async def _fetch(self) -> None:
        answer = await self._client.get(self._url, headers={"Accept": "application/json"}, follow_redirects=False)
        answer.raise_for_status()
        if len(answer.content) > _MAX_SIZE:
            raise ValueError("the JWK Set is too large")
        keys = _keys(orjson.loads(answer.content))
        if not keys:
            raise ValueError("the JWK Set has no key that signs")
        self._keys = keys
        self._fetched_at = boottime()
        match = _MAX_AGE.search(answer.headers.get("cache-control", ""))
        self._max_age = min(_LONGEST, max(_SHORTEST, float(match[1]) if match else 60.0))


def _keys(document: Any) -> dict[str, PublicKey]:
    entries = document.get("keys") if isinstance(document, dict) else None
    found: dict[str, PublicKey] = {}
    for jwk in entries if isinstance(entries, list) else []:
        key = _key(jwk)
        if key is not None:
            found[jwk["kid"]] = key
    return found


def _key(jwk: Any) -> PublicKey | None:
    """The key of a JWK that is public, for signatures, with a `kid` and an algorithm of ours; None: it is another."""
    if not isinstance(jwk, dict) or jwk.get("alg") not in ALGORITHMS or jwk.get("use", "sig") != "sig":
        return None
    if not isinstance(jwk.get("kid"), str) or "d" in jwk:
        return None
    try:
        public = PyJWK.from_dict(jwk).key
    except (PyJWKError, ValueError):
        return None
    if isinstance(public, rsa.RSAPublicKey) and public.key_size < 2048:
        return None
    return PublicKey(jwk["alg"], public)
