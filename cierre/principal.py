"""Who calls an operation, and who may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

Role = Literal["ADMIN", "SUPERVISOR", "EMPLEADO"]
ROLES: tuple[Role, ...] = get_args(Role)

PrincipalSource = Literal[
    "bearer", "bearer_of_any_session", "refresh_token", "user_token", "client", "password", "none"
]
SOURCES: tuple[PrincipalSource, ...] = get_args(PrincipalSource)
# These have a user, and so a role.
_WITH_USER = frozenset({"bearer", "bearer_of_any_session", "refresh_token", "user_token"})


@dataclass(frozen=True, slots=True)
class Principal:
    """A session of a user, whatever the credential that named it.

    Attributes:
        client_id: the client that the token was issued to; it may pin a dialect.
        expires_at: when the credential expires, in milliseconds since the epoch; None: it does not expire.
    """

    user_id: str
    session_id: str
    role: Role
    client_id: str
    device_id: str
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request came from, as audit rows have it.

    Attributes:
        ip_address: the client's address behind trusted proxies; None: not known.
        user_agent: None: the request has none.
        trace_id: a UUID.
    """

    ip_address: str | None
    user_agent: str | None
    trace_id: str


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Who may call an operation.

    Attributes:
        source: where the principal comes from, as the contract's README lists it.
        role: that the principal must have; None: any.
    """

    source: PrincipalSource
    role: Role | None


def access_of(operation: Mapping[str, Any]) -> AccessRule:
    """Read `x-cierre-principal` and `x-cierre-role` of an operation of the contract.

    Raises:
        ValueError: one of them is missing, unknown, or contradicts `security`.
    """
    source, role = operation.get("x-cierre-principal"), operation.get("x-cierre-role")
    if source not in SOURCES:
        raise ValueError(f"x-cierre-principal is {source!r}, not one of {', '.join(SOURCES)}")
    is_bearer = source.startswith("bearer")
    if is_bearer != bool(operation.get("security")):
        wanted = "name bearerAuth" if is_bearer else "be []"
        raise ValueError(f"x-cierre-principal is {source!r}, so security must {wanted}")
    if source not in _WITH_USER:
        if role is not None:
            raise ValueError(f"x-cierre-role is {role!r}, but a principal from {source!r} has no role")
        return AccessRule(source, None)
    if role != "any" and role not in ROLES:
        raise ValueError(f"x-cierre-role is {role!r}, not one of any, {', '.join(ROLES)}")
    return AccessRule(source, None if role == "any" else role)
