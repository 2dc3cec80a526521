"""Signatures that were verified or made here already: a token is used many times, and is good or not for good."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from cierre.tokens.jws import VerificationKey, verified_claims

# Each is some 2 KB.
_MOST = 4096

Claims = dict[str, Any]
Find = Callable[[str], VerificationKey | None]


class VerifiedTokens:
    """The claims of the tokens that were verified or issued last, by the SHA-256 of the whole token.

    Only the signature is not verified again. Whether its key is still one of ours is asked each time, and what the
    claims say, the denylist and the database are for the caller to ask.

    Args:
        find: the key of a `kid`; None: there is none.
        media_type: what `typ` of the tokens must be, with or without `application/`.
        most: tokens that are remembered; the one whose last use is the longest ago goes.
    """

    def __init__(self, find: Find, *, media_type: str, most: int = _MOST) -> None:
        self._find = find
        self._media_type = media_type
        self._most = most
        self._known: OrderedDict[bytes, tuple[str, VerificationKey, Claims]] = OrderedDict()

    def claims(self, token: str) -> Claims:
        """The claims of a token whose form and signature are good; they are not to be changed.

        Raises:
            UnknownKey: it names a key that is not known; with newer keys it may be good.
            TokenInvalid: it is no such token.
        """
        name = _name(token)
        known = self._known.get(name)
        if known is not None:
            kid, key, claims = known
            if self._find(kid) is key:
                self._known.move_to_end(name)
                return claims
            del self._known[name]
        used: list[tuple[str, VerificationKey]] = []

        def find(kid: str) -> VerificationKey | None:
            key = self._find(kid)
            if key is not None:
                used.append((kid, key))
            return key

        claims = verified_claims(token, find, media_type=self._media_type)
        ((kid, key),) = used
        self._keep(name, kid, key, claims)
        return claims

    def remember(self, token: str, kid: str, claims: Claims) -> None:
        """Remember a token that was signed here: its first use needs no verification either.

        Args:
            kid: of the key that signed it.
            claims: as they are read from the token.
        """
        key = self._find(kid)
        if key is not None:
            self._keep(_name(token), kid, key, claims)

    def _keep(self, name: bytes, kid: str, key: VerificationKey, claims: Claims) -> None:
        self._known[name] = (kid, key, claims)
        if len(self._known) > self._most:
            self._known.popitem(last=False)


def _name(token: str) -> bytes:
    return sha256(token.encode(errors="surrogatepass")).digest()
