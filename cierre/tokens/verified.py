"""Signatures that were verified or made here already: a token is used many times, and is good or not for good."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Generic, TypeVar

from cierre.tokens.jws import UnknownKey, VerificationKey, decode_object, parse, verify

# Tokens whose claims are kept as they were read, some 2 KB each, and tokens of which only the key that signed them is,
# some 200 bytes each: a user's token is used now and then for a quarter of an hour, beside those of many others.
_MOST = 4096
_MOST_SIGNED = 65_536

Claims = dict[str, Any]
Find = Callable[[str], VerificationKey | None]
Read = TypeVar("Read")
Value = TypeVar("Value")


class VerifiedTokens(Generic[Read]):
    """What the tokens say that were verified or issued last, by the SHA-256 of the whole token.

    Only the signature is not verified again, and the claims are not read again. Whether its key is still one of ours is
    asked each time, and what the time, the denylist and the database say is for the caller to ask.

    Args:
        find: the key of a `kid`; None: there is none.
        media_type: what `typ` of the tokens must be, with or without `application/`.
        read: what claims say; it raises TokenInvalid where that is nothing good.
        most: tokens of which this is remembered; the one whose last use is the longest ago goes.
        most_signed: tokens of which it is remembered that their signature is good; at least half of them are.
    """

    def __init__(
        self,
        find: Find,
        *,
        media_type: str,
        read: Callable[[Claims], Read],
        most: int = _MOST,
        most_signed: int = _MOST_SIGNED,
    ) -> None:
        self._find = find
        self._media_type = media_type
        self._read = read
        self._most = most
        self._known: OrderedDict[bytes, _Known[Read]] = OrderedDict()
        self._signed: _Newest[VerificationKey] = _Newest(most_signed)

    def read(self, token: str) -> Read:
        """What a token says whose form and signature are good.

        Raises:
            UnknownKey: it names a key that is not known; with newer keys it may be good.
            TokenInvalid: it is no such token.
        """
        name = _name(token)
        known = self._known.get(name)
        if known is not None:
            if self._find(known.kid) is known.key:
                self._known.move_to_end(name)
                if known.read is None:
                    known.read = self._read(known.claims)
                return known.read
            del self._known[name]
        signed = parse(token, self._media_type)
        key = self._find(signed.kid)
        if key is None:
            raise UnknownKey
        if self._signed.get(name) is not key:
            verify(signed, key)
        claims = decode_object(signed.payload)
        read = self._read(claims)
        self._keep(name, _Known(signed.kid, key, claims, read))
        return read

    def remember(self, token: str, kid: str, claims: Claims) -> None:
        """Remember a token that was signed here: its first use needs no verification either.

        Args:
            kid: of the key that signed it.
            claims: as they are read from the token.
        """
        key = self._find(kid)
        if key is not None:
            self._keep(_name(token), _Known(kid, key, claims))

    def _keep(self, name: bytes, known: _Known[Read]) -> None:
        self._signed.add(name, known.key)
        self._known[name] = known
        if len(self._known) > self._most:
            self._known.popitem(last=False)


class _Known(Generic[Read]):
    """A token's key, its claims, and what these say; None: they were not read yet."""

    __slots__ = ("claims", "key", "kid", "read")

    def __init__(self, kid: str, key: VerificationKey, claims: Claims, read: Read | None = None) -> None:
        self.kid = kid
        self.key = key
        self.claims = claims
        self.read = read


class _Newest(Generic[Value]):
    """What was added last, by name. In two halves: the older one goes when the newer one is full.

    Args:
        most: that are kept; half of them at the least, once there were so many.
    """

    def __init__(self, most: int) -> None:
        self._half = max(1, most // 2)
        self._newer: dict[bytes, Value] = {}
        self._older: dict[bytes, Value] = {}

    def add(self, name: bytes, value: Value) -> None:
        self._newer[name] = value
        if len(self._newer) >= self._half:
            self._newer, self._older = {}, self._newer

    def get(self, name: bytes) -> Value | None:
        """None: it is not kept."""
        found = self._newer.get(name)
        return self._older.get(name) if found is None else found


def _name(token: str) -> bytes:
    return sha256(token.encode(errors="surrogatepass")).digest()
