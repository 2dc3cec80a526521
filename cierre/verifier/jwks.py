"""The issuer's public keys, by JWKS: kept in memory, fetched again before they are old, and when an unknown one is met.

However many tokens name keys that don't exist, there is one request every few seconds, and no URL but the
configured one is ever fetched.
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

from cierre.clock import boottime
from cierre.verifier.refusals import Unavailable

_log = structlog.get_logger("cierre.verifier")

ALGORITHMS = frozenset({"RS256", "ES256"})
_MAX_AGE = re.compile(r"max-age=(\d{1,6})")
_SHORTEST, _LONGEST = 10.0, 3600.0
_MAX_SIZE = 256 * 1024


class PublicKey(NamedTuple):
    """A key that verifies; `algorithm` is the key's own."""

    algorithm: str
    public: Any


class Jwks:
    """Keys by `kid`.

    Args:
        cooldown: seconds between two fetches, at the least.
        keep: seconds for which the keys are used while the issuer can't be reached.
    """

    def __init__(self, client: httpx.AsyncClient, url: str, *, cooldown: float = 5.0, keep: float = 86_400.0) -> None:
        self._client = client
        self._url = url
        self._cooldown = cooldown
        self._keep = keep
        self._keys: dict[str, PublicKey] = {}
        self._tried_at = self._fetched_at = float("-inf")
        self._max_age = _SHORTEST
        self._turn = asyncio.Lock()

    def find(self, kid: str) -> PublicKey | None:
        """The key, if it is known."""
        return self._keys.get(kid)

    @property
    def stale(self) -> bool:
        """Whether it is time to fetch again."""
        return boottime() - self._fetched_at > self._max_age

    @property
    def usable(self) -> bool:
        """Whether what was fetched last may still be relied on."""
        return boottime() - self._fetched_at <= self._keep

    async def refresh(self) -> None:
        """Fetch, unless that was tried a moment ago; of many that want it at once, one does."""
        async with self._turn:
            if boottime() - self._tried_at < self._cooldown:
                return
            self._tried_at = boottime()
            try:
                await self._fetch()
            except (httpx.HTTPError, ValueError) as failure:
                _log.warning("jwks_unavailable", url=self._url, error=repr(failure))

    async def require(self) -> None:
        """Have keys that can be relied on.

        Raises:
            Unavailable: there are none.
        """
        if not self.usable:
            await self.refresh()
        if not self.usable:
            raise Unavailable

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
    """A public key for signatures, with a `kid` and an algorithm of ours; others are not for us."""
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
