"""The check itself: form, signature and claims as the service has them, then whether the session is closed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from cierre.background import stop
from cierre.errors import ServiceUnavailable, TokenInvalid
from cierre.revocation.denylist import Denylist
from cierre.settings import DAY
from cierre.tokens.access_tokens import AccessToken, TokenCheck, UnknownKey
from cierre.verifier.jwks import Jwks
from cierre.verifier.refusals import Expired, Invalid, Missing, Revoked, Unavailable
from cierre.verifier.sources import Introspection, Introspector, Source, open_source


@dataclass(frozen=True, slots=True)
class Access:
    """Who is asking, by a token that is good.

    Attributes:
        device_id: None: the issuer didn't say (introspection of an opaque token).
        expires_at: in milliseconds; None: the token doesn't expire by itself.
    """

    user_id: str
    session_id: str
    role: str
    client_id: str
    device_id: str | None
    expires_at: int | None


class Verifier:
    """Says whether a token is good.

    Args:
        issuer: `iss` of the tokens, and where JWKS and introspection are found.
        revocations: where to learn what is revoked: `postgresql://…`, `sqlite:///…`, `redis://…`, or `Introspection`.
        audience: `aud` of the tokens.
        jwks_url: None: `/.well-known/jwks.json` of the issuer.
        poll_interval: milliseconds between two looks at the database; PostgreSQL and Redis tell in between.
        max_age: seconds for which a denylist that can't be compared with its source is still relied on; after that
            nobody is let in (503), since a revocation may have been missed.
        longest_life: of a token, in milliseconds.
        client: of yours, for proxies or certificates; it is not closed.
    """

    def __init__(
        self,
        *,
        issuer: str,
        revocations: str | Introspection,
        audience: str = "cierre",
        jwks_url: str | None = None,
        poll_interval: int = 1_000,
        max_age: float = 10.0,
        longest_life: int = DAY,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        self._own_client = client is None
        self._client = client or httpx.AsyncClient(timeout=5, follow_redirects=False)
        self.denylist = Denylist()
        self._jwks = Jwks(self._client, jwks_url or f"{issuer.rstrip('/')}/.well-known/jwks.json")
        self._check = TokenCheck(self._jwks.find, issuer=issuer, audience=audience, longest=longest_life)
        self._max_age = max_age
        self._source: Source | None = None
        self._introspector: Introspector | None = None
        if isinstance(revocations, Introspection):
            self._introspector = Introspector(self._client, revocations, issuer)
        else:
            self._source = open_source(revocations, self.denylist, poll_interval=poll_interval)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Learn what is revoked. The keys may come later, with the first token.

        Raises:
            Unavailable: the source is not there.
        """
        if self._source is not None:
            try:
                await self._source.start()
            except ServiceUnavailable as away:
                raise Unavailable from away
        await self._jwks.refresh()

    async def stop(self) -> None:
        """Let go of every connection."""
        await stop(self._tasks)
        if self._source is not None:
            await self._source.stop()
        if self._own_client:
            await self._client.aclose()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def verify(self, token: str) -> Access:
        """Let the token in, or say why not.

        Raises:
            Invalid, Expired, Revoked: 401.
            Unavailable: 503: nobody can say now.
        """
        if self._introspector is not None and token.count(".") != 2:
            return await self._introspected(token)
        verified = await self._verified(token)
        if verified.expired:
            raise Expired
        if self._introspector is not None:
            return await self._introspected(token)
        self.require_open(verified)
        return _access(verified)

    async def verify_header(self, authorization: str | None) -> Access:
        """The same from the value of `Authorization`.

        Raises:
            Missing: it names no bearer token.
            Invalid, Expired, Revoked, Unavailable
        """
        scheme, _, token = (authorization or "").strip().partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Missing
        return await self.verify(token.strip())

    def require_open(self, token: AccessToken) -> None:
        """The check beyond the signature: in memory, in under a microsecond.

        Raises:
            Revoked: the session is closed.
            Unavailable: what is in memory is too old to be relied on.
        """
        principal = token.principal
        if self.denylist.denies(principal.session_id, principal.user_id, token.epoch):
            raise Revoked
        if self._source is None or self._source.age > self._max_age:
            raise Unavailable

    async def _verified(self, token: str) -> AccessToken:
        await self._jwks.require()
        if self._jwks.stale and not any(not task.done() for task in self._tasks):
            # The old keys are good enough for this one.
            self._tasks = [asyncio.create_task(self._jwks.refresh())]
        try:
            try:
                return self._check.verify(token)
            except UnknownKey:
                await self._jwks.refresh()
                return self._check.verify(token)
        except TokenInvalid:
            raise Invalid from None

    async def _introspected(self, token: str) -> Access:
        assert self._introspector is not None
        told = await self._introspector.ask(token)
        if told is None:
            raise Revoked
        return _told(told)


def _access(token: AccessToken) -> Access:
    who = token.principal
    return Access(who.user_id, who.session_id, who.role, who.client_id, who.device_id, who.expires_at)


def _told(told: dict[str, Any]) -> Access:
    """An answer of RFC 7662, section 2.2, as Cierre gives it; a refresh token opens no door.

    Raises:
        Invalid: it is of another kind.
    """
    try:
        if told["token_type"] != "Bearer":
            raise Invalid
        expires = told.get("exp")
        return Access(
            told["sub"],
            told["sid"],
            told["role"],
            told["client_id"],
            told.get("device"),
            None if expires is None else int(expires) * 1000,
        )
    except KeyError:
        raise Invalid from None
