"""Every setting, once: one frozen object, made by the command line and passed on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

Network = IPv4Network | IPv6Network

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# Which host speaks which dialect on /api/v1: the hosts of documents 001, 002 and 003.
HOST_DIALECTS: Mapping[str, str] = {
    "api.example.com": "envelope",
    "api.ejemplo.com": "respuesta",
    "localhost:3000": "session",
}

_LONGEST = 36_525 * DAY
_DURATION = re.compile(r"^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$")
_UNITS = {"ms": 1, "s": 1000, "m": MINUTE, "h": HOUR, "d": DAY}


def duration(text: str) -> int:
    """`15m`, `1s`, `250ms`, `30d` or plain seconds, in milliseconds.

    Raises:
        ValueError: the text is no duration, or not a positive one.
    """
    match = _DURATION.match(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no duration: write 15m, 1s, 12h, 30d or plain seconds")
    value = round(float(match[1]) * _UNITS[match[2] or "s"])
    if value > _LONGEST:
        raise ValueError(f"{text!r} is too long: a hundred years at the most")
    if value <= 0:
        raise ValueError(f"{text!r} is no duration: it must be more than nothing")
    return value


def network(text: str) -> Network:
    """An address or a CIDR block.

    Raises:
        ValueError: it is neither.
    """
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is neither an IP address nor a CIDR block such as 10.0.0.0/8") from None


def origin(url: str) -> str:
    """The origin of a URL as browsers write it: in small letters, without the scheme's own port."""
    parts = urlsplit(url)
    default = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(default)}"


RateLimiting = Literal["on", "off", "failures"]
SuspiciousChange = Literal["off", "audit", "close"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this node runs. Times are in milliseconds.

    Attributes:
        issuer: `iss` of the access tokens and the public URL of the service (RFC 8414, section 2).
        audience: `aud` of the access tokens.
        algorithm: what new signing keys are made for.
        refresh_grace: how long an exchanged refresh token still answers with its unused successor.
        idle_timeout: a session that nobody used for so long is closed.
        trusted_proxies: who may say X-Forwarded-For.
        rate_limit: `failures` counts only what fails, so that no neighbour behind one NAT keeps a person in.
        suspicious_change: what happens when a session moves to another network and user agent.
        sunset: when the two old paths go (RFC 8594); `deprecated_since`: since when they are deprecated (RFC 9745).
        poll_interval: how often a node reads what other nodes revoked, beside being told.
        audit_retention: how long audit rows are kept; None: for good.
    """

    database_url: str
    data_dir: Path
    issuer: str
    redis_url: str | None = None
    audience: str = "cierre"
    algorithm: Literal["RS256", "ES256"] = "RS256"
    signing_keys: str | None = None
    secret: str | None = None
    access_ttl: int = 15 * MINUTE
    refresh_ttl: int = 30 * DAY
    refresh_grace: int = 10_000
    idle_timeout: int = 14 * DAY
    session_ttl: int = 90 * DAY
    allowed_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[Network, ...] = ()
    host_dialects: Mapping[str, str] = field(default_factory=lambda: dict(HOST_DIALECTS))
    rate_limit: RateLimiting = "on"
    suspicious_change: SuspiciousChange = "off"
    validate_responses: bool = False
    max_body: int = 64 * 1024
    deprecated_since: int = 1_758_758_400_000  # 2025-09-25, when document 003 described the successor
    sunset: int = 1_830_297_600_000  # 2028-01-01
    poll_interval: int = 1_000
    sweep_interval: int = 30_000
    pool_size: int = 16
    audit_retention: int | None = None
    tokenable_type: str = "App\\Models\\User"
