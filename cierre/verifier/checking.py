"""The check itself: form, signature and claims as the service checks them, then whether the session is closed."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from cierre.errors import ServiceUnavailable, TokenInvalid
from cierre.revocation.denylist import Denylist
from cierre.settings import DAY, MINUTE
from cierre.tokens.access_tokens import AccessToken, TokenCheck
from cierre.tokens.jws import UnknownKey, is_compact
from cierre.verifier.issuer_keys import IssuerKeys
from cierre.verifier.refusals import Expired, Invalid, Missing, Revoked, Unavailable
from cierre.verifier.sources import Introspection, Introspector, Source, open_source


@dataclass(frozen=True, slots=True)
class Access:
    """Whose token it is, where the token is good.

    Attributes:
        user_id: `sub`.
        session_id: `sid`.
        role: of the user.
        client_id: to which the token was issued.
        device_id: of the session; None: introspection of an opaque token may not say.
        expires_at: in milliseconds; None: the token has no expiry.
        authenticated_at: when the user's password was last proven, in milliseconds; None: not known.
        abilities: of a Sanctum token that is limited to some; None: it may do everything.
    """

    user_id: str
    session_id: str
    role: str
    client_id: str
    device_id: str | None
    expires_at: int | None
    authenticated_at: int | None = None
    abilities: frozenset[str] | None = None

    def may(self, ability: str) -> bool:
        """Whether the token has the ability, as Sanctum's `tokenCan` has it."""
        return self.abilities is None or ability in self.abilities


class Verifier:
    """Checks access tokens, for a resource server. Start it before the first, within the event loop.

    Args:
        issuer: `iss` of the tokens, and where JWKS and introspection are found.
        revocations: where to learn what is revoked: `postgresql://…`, `sqlite:///…`, `redis://…`, or `Introspection`.
        audience: `aud` of the tokens.
        jwks_url: None: `/.well-known/jwks.json` of the issuer.
        jwks_cooldown: seconds between two fetches of the keys, at the least, whatever keys the tokens name; shorter
            than the time for which the issuer publishes a key before it signs (`cierre keys rotate --lead`).
        jwks_patience: seconds that one fetch of the keys may take.
        poll_interval: milliseconds between two looks at the database; PostgreSQL and Redis tell in between.
        max_age: seconds for which a denylist that can't be compared with its source is still relied on; after that
            nobody is let in (503), since a revocation may have been missed.
        longest_life: of a token, in milliseconds.
        client: an `httpx.AsyncClient` of yours, for proxies or certificates; it is not closed.

    Raises:
        ValueError: `revocations` is none of these.
    """

    def __init__(
        self,
        *,
        issuer: str,
        revocations: str | Introspection,
        audience: str = "cierre",
        jwks_url: str | None = None,
        jwks_cooldown: float = 5.0,
        jwks_patience: float = 5.0,
        poll_interval: int = 1_000,
        max_age: float = 10.0,
        longest_life: int = DAY,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        self._own_client = client is None
        self._client = client or httpx.AsyncClient(timeout=5, follow_redirects=False)
        # A token that promises to live for longer is refused in any case.
        self.denylist = Denylist(longest=longest_life + MINUTE)
        self._keys = IssuerKeys(
            self._client,
            jwks_url or f"{issuer.rstrip('/')}/.well-known/jwks.json",
            cooldown=jwks_cooldown,
            patience=jwks_patience,
        )
        self._check = TokenCheck(self._keys.find, issuer=issuer, audience=audience, longest=longest_life)
        self._max_age = max_age
        self._source: Source | None = None
        self._introspector: Introspector | None = None
        if isinstance(revocations, Introspection):
            self._introspector = Introspector(self._client, revocations, issuer)
        else:
            self._source = open_source(
                revocations, self.denylist, poll_interval=poll_interval, keys=self._keys, issuer=issuer
            )

    async def start(self) -> None:
        """Read what is revoked, and the keys. Without the keys it starts as well: the first token fetches them again.

        Raises:
            Unavailable: the source of revocations was not there within a minute.
        """
        if self._source is not None:
            try:
                await self._source.start()
            except ServiceUnavailable as away:
                raise Unavailable from away
        await self._keys.refresh()

    async def stop(self) -> None:
        """Close every connection, and end the work in the background."""
        await self._keys.stop()
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
        """Check an access token.

        Raises:
            Invalid: it is no token of this issuer for this audience (401).
            Expired: its time is over (401).
            Revoked: its session is closed (401).
            Unavailable: the keys, or what is revoked, are not known now (503).
        """
        if self._introspector is not None and not is_compact(token):
            return await self._introspected(token)
        verified = await self._verified(token)
        if verified.expired:
            raise Expired
        if self._introspector is not None:
            return await self._introspected(token)
        self.require_open(verified)
        return _access(verified)

    async def verify_header(self, authorization: str | None) -> Access:
        """Check the access token in the value of `Authorization`; None: the request has none.

        Raises:
            Missing: it names no bearer token.
            Invalid, Expired, Revoked, Unavailable: as `verify`.
        """
        scheme, _, token = (authorization or "").strip().partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Missing
        return await self.verify(token.strip())

    def require_open(self, token: AccessToken) -> None:
        """Check that the token's session is not closed: in memory, in under a microsecond.

        Raises:
            Revoked: the session is closed.
            Unavailable: what is in memory was compared with its source more than `max_age` ago.
        """
        principal = token.principal
        if self.denylist.denies(principal.session_id, principal.user_id, token.epoch):
            raise Revoked
        if self._source is None or self._source.age > self._max_age:
            raise Unavailable

    async def _verified(self, token: str) -> AccessToken:
        await self._keys.require()
        if self._keys.stale:
            # The old keys are good enough for this one.
            self._keys.refresh_soon()
        try:
            try:
                return self._check.verify(token)
            except UnknownKey:
                await self._keys.refresh()
                return self._check.verify(token)
        except TokenInvalid:
            raise Invalid from None

    async def _introspected(self, token: str) -> Access:
        assert self._introspector is not None
        introspection = await self._introspector.ask(token)
        if introspection is None:
            raise Revoked
        return _access_of(introspection)


def _access(token: AccessToken) -> Access:
    who = token.principal
    return Access(
        who.user_id,
        who.session_id,
        who.role,
        who.client_id,
        who.device_id,
        who.expires_at,
        token.authenticated_at,
    )


def _access_of(introspection: dict[str, Any]) -> Access:
    """What Cierre's introspection says of a token (RFC 7662, section 2.2).

    Raises:
        Invalid: it is no access token, but a refresh token, or has claims missing.
    """
    try:
        if introspection["token_type"] != "Bearer":
            raise Invalid
        expires, proven, scope = introspection.get("exp"), introspection.get("auth_time"), introspection.get("scope")
        return Access(
            introspection["sub"],
            introspection["sid"],
            introspection["role"],
            introspection["client_id"],
            introspection.get("device"),
            None if expires is None else int(expires) * 1000,
            None if proven is None else int(proven) * 1000,
            frozenset(scope.split()) if isinstance(scope, str) else None,
        )
    except KeyError:
        raise Invalid from None
