"""Whether a session is used from where it was used before (document 003, "Logout por cambio de IP sospechoso")."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

from cierre.principal import Caller
from cierre.settings import MINUTE
from cierre.storage.rows import SessionRow

# Time and place of use are recorded once in so long, not with every request.
RECORDED_EVERY = MINUTE
_VERSIONS = re.compile(r"[\d._]+")


def suspicion(session: SessionRow, caller: Caller) -> str | None:
    """Compare where a session was used before with where it is used now.

    Args:
        session: with the `ip_address` and `user_agent` of its last recorded use.
        caller: of the current request.

    Returns:
        `suspicious_ip`: another network (IPv4 /24, IPv6 /64); `suspicious_user_agent`: another program, not merely
        another version of it; None: neither. An unknown address or user agent is not suspicious.
    """
    if _differ(_network(session["ip_address"]), _network(caller.ip_address)):
        return "suspicious_ip"
    if _differ(_program(session["user_agent"]), _program(caller.user_agent)):
        return "suspicious_user_agent"
    return None


def _differ(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other


def _network(address: str | None) -> tuple[int, int] | None:
    if address is None:
        return None
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    hosts = 8 if isinstance(parsed, IPv4Address) else 64
    return parsed.version, int(parsed) >> hosts


def _program(user_agent: str | None) -> str | None:
    return None if user_agent is None else _VERSIONS.sub("", user_agent)
