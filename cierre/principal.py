"""Who is asking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["ADMIN", "SUPERVISOR", "EMPLEADO"]
ROLES: tuple[Role, ...] = ("ADMIN", "SUPERVISOR", "EMPLEADO")


@dataclass(frozen=True, slots=True)
class Principal:
    """A session of a user, whatever the credential that named it.

    Attributes:
        client_id: the client that the token was issued to; it may pin a dialect.
        expires_at: when the credential expires, in milliseconds; None: it doesn't.
    """

    user_id: str
    session_id: str
    role: Role
    client_id: str
    device_id: str
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request came from, as audit rows tell it.

    Attributes:
        ip_address: the client's address behind trusted proxies.
        trace_id: a UUID.
    """

    ip_address: str | None
    user_agent: str | None
    trace_id: str
