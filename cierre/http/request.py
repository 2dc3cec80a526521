"""A request, as handlers see it: what HTTP says of the caller, and what the domain's operations run with."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from ipaddress import IPv6Address, ip_address
from typing import Any
from urllib.parse import quote

from starlette.requests import cookie_parser

from cierre.domain.context import OperationContext
from cierre.oas.validation.violations import Location
from cierre.outcomes import Outcome
from cierre.principal import AccessRule, Caller, Principal
from cierre.rate_limits import LIMITS, Standing, fields
from cierre.services import Services
from cierre.settings import Network

# The key of the request in the ASGI scope.
REQUEST = "cierre"

# W3C Trace Context, section 3.2: version ff is none, ids of zeros are none, and version 00 ends after its flags.
_TRACEPARENT = re.compile(
    r"^(?!ff|00.{54})[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$"
)
_STRAY_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
# What of a user agent is worth keeping.
_MAX_AGENT = 512
_PREFERENCE = re.compile(r'\s*([\w-]+)\s*(?:=\s*(?:"([^"]*)"|([^\s;,]*)))?[^,]*')


class ClientGone(Exception):
    """The client closed the connection before it had sent the whole request."""


class Request:
    """One request.

    Attributes:
        headers: by lower-case name; a repeated field is joined by a comma (RFC 9110, section 5.3).
        principal: once security has resolved it.
        client_id: of the token's client, once it is known: it may pin a dialect.
        operation: the operationId, once it is routed.
        access: who may call the operation, once it is routed.
        may_be_empty: the operation answers `Prefer: return=minimal` with 204.
        outcome: what the handler returned.
        answer: rendered already, where an Idempotency-Key keeps it.
        replayed: the answer is an earlier request's, in the form that that one asked for.
        body: the bytes of the body, once read.
        parameters: those of the contract, validated, by place (`path`, `query`, …) and name.
        standings: with the rate limits that count this request.
    """

    __slots__ = (
        "_prefer",
        "_sent_path",
        "access",
        "answer",
        "body",
        "caller",
        "client_id",
        "headers",
        "json",
        "may_be_empty",
        "method",
        "operation",
        "outcome",
        "parameters",
        "path",
        "principal",
        "replayed",
        "services",
        "standings",
        "started",
        "trace_id",
    )

    def __init__(self, scope: Mapping[str, Any], services: Services) -> None:
        self.started = time.perf_counter()
        self.services = services
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self._sent_path: bytes = scope.get("raw_path") or quote(self.path).encode()
        self.headers = _headers(scope["headers"])
        self.trace_id = trace_id_of(self.headers.get("traceparent"))
        agent = self.headers.get("user-agent")
        address = client_address(
            scope["client"], self.headers.get("x-forwarded-for"), services.settings.trusted_proxies
        )
        self.caller = Caller(address, agent[:_MAX_AGENT] if agent else None, self.trace_id)
        self.principal: Principal | None = None
        self.client_id: str | None = None
        self.operation: str | None = None
        self.access: AccessRule | None = None
        self.may_be_empty = False
        self.outcome: Outcome | None = None
        self.answer: Any = None
        self.replayed = False
        self.body = b""
        self.json: Any = None
        self.parameters: Mapping[Location, Mapping[str, Any]] = {}
        self.standings: list[Standing] = []
        self._prefer: dict[str, str] | None = None

    @property
    def prefer(self) -> dict[str, str]:
        """`return=minimal, handling=lenient` → {"return": "minimal", "handling": "lenient"} (RFC 7240)."""
        if self._prefer is None:
            field = self.headers.get("prefer")
            self._prefer = preferences(field) if field else {}
        return self._prefer

    @property
    def sent_path(self) -> str:
        """The path as it was sent, `/a%20b`; what no URI holds (RFC 3986, section 3.3) is encoded."""
        return quote(_STRAY_PERCENT.sub(b"%25", self._sent_path), safe="/%:@!$&'()*+,;=-._~")

    @property
    def lenient(self) -> bool:
        return self.prefer.get("handling") == "lenient"

    def limit_fields(self) -> list[tuple[str, str]]:
        """RateLimit-Policy and RateLimit, of all limits that count this operation."""
        return fields(LIMITS[self.operation or ""], self.standings)

    async def admit(self, account: str) -> None:
        """Count this request for its user, or for the account that it tries to log in to.

        Raises:
            RateLimitExceeded: the quota is spent.
        """
        standing = await self.services.limiter.admit(LIMITS[self.operation or ""].by_account, account)
        if standing is not None:
            self.standings.append(standing)

    @property
    def account(self) -> str | None:
        """What a request is counted by, beside its address: its user, or the account that it tries to log in to."""
        if self.principal is not None:
            return self.principal.user_id
        if self.operation == "login" and isinstance(self.json, Mapping):
            username: Any = self.json.get("username")
            return username.strip().lower() if isinstance(username, str) else None
        return None

    def cookie(self, name: str) -> str | None:
        # The standard library's parser stops at the first cookie of another application that is malformed.
        return cookie_parser(self.headers.get("cookie", "")).get(name)

    @asynccontextmanager
    async def context(self) -> AsyncIterator[OperationContext]:
        """A connection, the caller and the time, for one operation of the domain.

        Raises:
            ServiceUnavailable: the database cannot be reached.
        """
        async with self.services.database.connect() as tx:
            yield OperationContext(tx, self.caller, self.services.settings, self.services.announcer)


def preferences(field: str) -> dict[str, str]:
    """The preferences of a Prefer field; of one named twice, the first counts (RFC 7240, section 2)."""
    found: dict[str, str] = {}
    for match in _PREFERENCE.finditer(field):
        found.setdefault(match[1].lower(), (match[2] or match[3] or "").lower())
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
        return str(uuid.uuid4())
    return str(uuid.UUID(match[1]))


def client_address(peer: tuple[str, int] | None, forwarded_for: str | None, trusted: Sequence[Network]) -> str | None:
    """The client's address: the last one in X-Forwarded-For that no trusted proxy added.

    The field counts only where a trusted proxy sent it.
    """
    address = peer[0] if peer else None
    if not trusted or address is None or not forwarded_for:
        return address
    for hop in reversed(forwarded_for.split(",")):
        if not _is_trusted(address, trusted):
            break
        address = _bare(hop.strip()) or address
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
    try:
        return str(ip_address(text))
    except ValueError:
        return None


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
