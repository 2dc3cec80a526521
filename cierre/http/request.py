"""A request, as handlers see it: what HTTP says of the caller, and what the domain's operations run with."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from types import TracebackType
from typing import Any
from urllib.parse import quote

from starlette.requests import cookie_parser

from cierre.domain.context import OperationContext
from cierre.domain.credentials import RefreshSession
from cierre.errors import CierreError, TokenRevoked
from cierre.oas.validation.violations import Location
from cierre.outcomes import ClosingMade, Outcome
from cierre.principal import AccessRule, Actor, Caller, Principal
from cierre.rate_limits.limiter import Reservation
from cierre.rate_limits.limits import Standing
from cierre.server.prefer import read_prefer
from cierre.services import Services
from cierre.settings import Network
from cierre.storage.rows import SessionRow
from cierre.storage.statements import Tx

# The key of the request in the ASGI scope.
REQUEST = "cierre"

# W3C Trace Context, section 3.2: version ff is none, ids of zeros are none, and version 00 ends after its flags.
_TRACEPARENT = re.compile(
    r"^(?!ff|00.{54})[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$"
)
_STRAY_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
# What of a user agent is worth keeping.
_MAX_AGENT = 512
# More proxies than this do not stand in front of one service.
_MOST_HOPS = 32


class ClientGone(Exception):
    """The client closed the connection before it had sent the whole request."""


class Request:
    """One request.

    Attributes:
        path: decoded.
        raw_path: as it was sent.
        headers: by lower-case name; a repeated field is joined by a comma (RFC 9110, section 5.3).
        principal: once security has resolved it.
        user_id: whose token it is, once the token is verified: before it is known whether the session is open.
        client_id: of the token's client, once it is known: it may pin a dialect.
        operation: the operationId, once it is routed.
        access: who may call the operation, once it is routed.
        may_be_empty: the operation answers `Prefer: return=minimal` with 204.
        outcome: what the handler returned.
        answer: rendered already, where an Idempotency-Key keeps it.
        replayed: the answer is an earlier request's, in the form that that one asked for.
        keeps_answers: the operation takes an Idempotency-Key, once it is routed.
        refresh_session: of the refresh token, where its client alone may present it and has proven who it is.
        session: of the principal, open when security looked at it; None: it has not.
        revoked: the session of the principal is closed: a repeat is answered, anything else refused.
        body: the bytes of the body, once read.
        parameters: those of the contract, validated, by place (`path`, `query`, …) and name.
        reservations: of the rate limits that count it if it fails, until it is decided.
        standings: with the rate limits that count this request.
        closings: that it made.
        refusal: the error that it is answered with; None: it is not.
    """

    __slots__ = (
        "_prefer",
        "access",
        "answer",
        "body",
        "caller",
        "client_id",
        "closings",
        "headers",
        "json",
        "keeps_answers",
        "may_be_empty",
        "method",
        "operation",
        "outcome",
        "parameters",
        "path",
        "principal",
        "raw_path",
        "refresh_session",
        "refusal",
        "replayed",
        "reservations",
        "revoked",
        "services",
        "session",
        "standings",
        "started",
        "trace_id",
        "user_id",
    )

    def __init__(self, scope: Mapping[str, Any], services: Services) -> None:
        self.started = time.perf_counter()
        self.services = services
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.raw_path: bytes = scope.get("raw_path") or quote(self.path).encode()
        self.headers = _headers(scope["headers"])
        self.trace_id = trace_id_of(self.headers.get("traceparent"))
        agent = self.headers.get("user-agent")
        address = client_address(
            scope["client"], self.headers.get("x-forwarded-for"), services.settings.trusted_proxies
        )
        # Where there are traces, the field is our own span's.
        traceparent = self.headers.get("traceparent") if services.tracing is not None else None
        self.caller = Caller(address, agent[:_MAX_AGENT] if agent else None, self.trace_id, traceparent=traceparent)
        self.principal: Principal | None = None
        self.user_id: str | None = None
        self.client_id: str | None = None
        self.operation: str | None = None
        self.access: AccessRule | None = None
        self.may_be_empty = False
        self.outcome: Outcome | None = None
        self.answer: Any = None
        self.replayed = False
        self.keeps_answers = False
        self.refresh_session: RefreshSession | None = None
        self.session: SessionRow | None = None
        self.revoked: TokenRevoked | None = None
        self.body = b""
        self.json: Any = None
        self.parameters: Mapping[Location, Mapping[str, Any]] = {}
        self.reservations: list[Reservation] = []
        self.standings: list[Standing] = []
        self.closings: list[ClosingMade] = []
        self.refusal: CierreError | None = None
        self._prefer: dict[str, str] | None = None

    @property
    def prefer(self) -> dict[str, str]:
        """`return=minimal, handling=lenient` → {"return": "minimal", "handling": "lenient"} (RFC 7240)."""
        if self._prefer is None:
            field = self.headers.get("prefer")
            self._prefer = preferences(field) if field else {}
        return self._prefer

    @property
    def source(self) -> str:
        """Who counts as one client: the address, or an IPv6 address's /64."""
        return limited_address(self.caller.ip_address)

    @property
    def sent_path(self) -> str:
        """The path as it was sent, `/a%20b`; what no URI holds (RFC 3986, section 3.3) is encoded."""
        return quote(_STRAY_PERCENT.sub(b"%25", self.raw_path), safe="/%:@!$&'()*+,;=-._~")

    @property
    def lenient(self) -> bool:
        return self.prefer.get("handling") == "lenient"

    @property
    def _on_behalf_of(self) -> Hashable:
        """Whose connections of the database these are: the user's; before that is known, the credential's."""
        if self.principal is not None:
            return self.principal.user_id
        return self.user_id or (self.headers.get("authorization"), self.headers.get("cookie"), self.body)

    def cookies(self, name: str) -> list[str]:
        """The values of all cookies of this name."""
        # The standard library's parser stops at the first cookie of another application that is malformed.
        pairs = (cookie_parser(part) for part in self.headers.get("cookie", "").split(";"))
        return [pair[name] for pair in pairs if name in pair]

    def context(self) -> AbstractAsyncContextManager[OperationContext]:
        """A connection, the caller and the time, for one operation of the domain.

        Raises:
            ServiceUnavailable: the database cannot be reached.
        """
        return _Operating(self, self.services.database.connect(on_behalf_of=self._on_behalf_of))


class _Operating:
    """The context of one operation of the domain, as long as its connection is lent."""

    __slots__ = ("_connecting", "_request")

    def __init__(self, request: Request, connecting: AbstractAsyncContextManager[Tx]) -> None:
        self._request = request
        self._connecting = connecting

    async def __aenter__(self) -> OperationContext:
        request = self._request
        caller, services = request.caller, request.services
        if request.principal is not None:
            caller = caller.acting_as(Actor("user", request.principal.user_id))
        tx = await self._connecting.__aenter__()
        return OperationContext(tx, caller, services.settings, services.announcer, on_closing=request.closings.append)

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        return await self._connecting.__aexit__(kind, failure, traceback)


def preferences(field: str) -> dict[str, str]:
    """The preferences of a Prefer field; of one named twice, the first counts (RFC 7240, section 2)."""
    found: dict[str, str] = {}
    for name, value in read_prefer(field):
        found.setdefault(name, value.lower())
    return found


def _headers(pairs: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name in headers:
            value = f"{headers[name]}{'; ' if name == 'cookie' else ', '}{value}"
        headers[name] = value
    return headers


def trace_id_of(traceparent: str | None) -> str:
    """The trace id of W3C's traceparent, as a UUID; otherwise a new one."""
    match = _TRACEPARENT.match(traceparent) if traceparent else None
    if match is None:
        # Version 4, variant 1 (RFC 9562, section 5.4); uuid.uuid4() and its text take as long as a small query.
        found = secrets.token_hex(16)
        found = f"{found[:12]}4{found[13:16]}{'89ab'[int(found[16], 16) & 3]}{found[17:]}"
    else:
        found = match[1]
    return f"{found[:8]}-{found[8:12]}-{found[12:16]}-{found[16:20]}-{found[20:]}"


def client_address(peer: tuple[str, int] | None, forwarded_for: str | None, trusted: Sequence[Network]) -> str | None:
    """The client's address: the last one in X-Forwarded-For that no trusted proxy added.

    The field counts only where a trusted proxy sent it. What stands before a hop that is no address is anybody's word:
    there, the proxy that added that hop is the last that is known.
    """
    address = _plain(peer[0]) or peer[0] if peer else None
    if not trusted or address is None or not forwarded_for:
        return address
    for hop in reversed(forwarded_for.rsplit(",", _MOST_HOPS)):
        if not _is_trusted(address, trusted):
            break
        found = _bare(hop.strip())
        if found is None:
            break
        address = found
    return address


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)


def _bare(hop: str) -> str | None:
    """The address of `1.2.3.4`, `1.2.3.4:80`, `[::1]:80`; None: it is none."""
    text = hop.partition("]")[0].lstrip("[") if hop.startswith("[") else hop
    if text.count(":") == 1:
        text = text.partition(":")[0]
    return _plain(text)


@lru_cache(maxsize=4096)
def _plain(text: str) -> str | None:
    """The address, of IPv4 where it is an IPv4 address in IPv6; a zone means something to its own machine only."""
    try:
        parsed = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(parsed)


@lru_cache(maxsize=4096)
def limited_address(address: str | None) -> str:
    """What counts as one client: an IPv4 address, or an IPv6 /64, which is one subscriber's."""
    if address is None:
        return "unknown"
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> 64 << 64)) + "/64"
    return address
