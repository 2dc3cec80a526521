"""Who calls an operation, and who may."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from cierre.phrases import Phrase

Role = Literal["ADMIN", "SUPERVISOR", "EMPLEADO"]
ROLES: tuple[Role, ...] = get_args(Role)

PrincipalSource = Literal[
    "bearer",
    "bearer_of_any_session",
    "refresh_token",
    "refresh_token_of_client",
    "user_token",
    "client",
    "password",
    "none",
]
SOURCES: tuple[PrincipalSource, ...] = get_args(PrincipalSource)
# These have a user, and so a role.
_WITH_USER = frozenset({"bearer", "bearer_of_any_session", "refresh_token", "refresh_token_of_client", "user_token"})
# Their token may be Sanctum's, and so have abilities.
_WITH_ABILITIES = frozenset({"bearer", "bearer_of_any_session", "user_token"})
# The prefix keeps them apart from the abilities that a Laravel application gives its tokens for its own operations.
_ABILITY = re.compile(r"^cierre:[a-z]+(?:-[a-z]+)*$")


@dataclass(frozen=True, slots=True)
class Principal:
    """A session of a user, whatever the credential that named it.

    Attributes:
        client_id: the client that the token was issued to; it may pin a dialect.
        expires_at: when the credential expires, in milliseconds since the epoch; None: it does not expire.
        abilities: of a Sanctum token; None: all, as an access or refresh token has them.
    """

    user_id: str
    session_id: str
    role: Role
    client_id: str
    device_id: str
    expires_at: int | None = None
    abilities: frozenset[str] | None = None

    def may(self, ability: str) -> bool:
        """Whether the token has the ability, by its name or by `*`."""
        return self.abilities is None or not self.abilities.isdisjoint({ability, "*"})


# In the place of a user's id: all users.
EVERYONE = "*"

ActorType = Literal["user", "client", "operator", "system", "anonymous"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, as audit rows have it.

    Attributes:
        type: `operator` is somebody at the command line, `system` the service itself.
        id: of the user or the client, or the operator's name; None for the others.
    """

    type: ActorType
    id: str | None = None


SYSTEM = Actor("system")
ANONYMOUS = Actor("anonymous")


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request came from and who acts, as audit rows have it.

    Attributes:
        ip_address: the client's address behind trusted proxies; None: not known.
        user_agent: None: the request has none.
        trace_id: a UUID.
        actor: ANONYMOUS until a credential has named somebody.
        traceparent: of the request's span (W3C Trace Context); None: there are no traces.
    """

    ip_address: str | None
    user_agent: str | None
    trace_id: str
    actor: Actor = ANONYMOUS
    traceparent: str | None = None

    def acting_as(self, actor: Actor) -> Caller:
        """The same caller, now that it is known who acts."""
        return Caller(self.ip_address, self.user_agent, self.trace_id, actor, self.traceparent)


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Who may call an operation.

    Attributes:
        source: where the principal comes from, as the contract's README lists it.
        role: that the principal must have; None: any.
        ability: that a Sanctum token must have; None: any token will do.
        ability_for: the ability that it must have besides, by the member of the body that asks for more.
    """

    source: PrincipalSource
    role: Role | None
    ability: str | None = None
    ability_for: Mapping[str, str] = field(default_factory=dict)


def access_of(operation: Mapping[str, Any], members: frozenset[str]) -> AccessRule:
    """Read `x-cierre-principal`, `x-cierre-role` and `x-cierre-ability` of an operation of the contract.

    Args:
        members: that its body may have.

    Raises:
        ValueError: one of them is missing, unknown, or contradicts `security`.
    """
    source, role = operation.get("x-cierre-principal"), operation.get("x-cierre-role")
    if source not in SOURCES:
        raise ValueError(
            Phrase("x-cierre-principal is {source!r}, not one of {known}", source=source, known=", ".join(SOURCES))
        )
    is_bearer = source.startswith("bearer")
    if is_bearer != bool(operation.get("security")):
        wanted = Phrase("name bearerAuth") if is_bearer else Phrase("be []")
        message = "x-cierre-principal is {source!r}, so security must {wanted}"
        raise ValueError(Phrase(message, source=source, wanted=wanted))
    if source not in _WITH_USER:
        if role is not None:
            message = "x-cierre-role is {role!r}, but a principal from {source!r} has no role"
            raise ValueError(Phrase(message, role=role, source=source))
        return AccessRule(source, None, *_abilities_of(operation, source, members))
    if role != "any" and role not in ROLES:
        raise ValueError(
            Phrase("x-cierre-role is {role!r}, not one of any, {known}", role=role, known=", ".join(ROLES))
        )
    return AccessRule(source, None if role == "any" else role, *_abilities_of(operation, source, members))


def _abilities_of(
    operation: Mapping[str, Any], source: PrincipalSource, members: frozenset[str]
) -> tuple[str | None, Mapping[str, str]]:
    """What `x-cierre-ability` and `x-cierre-ability-for` say."""
    ability, by_member = operation.get("x-cierre-ability"), operation.get("x-cierre-ability-for", {})
    if source not in _WITH_ABILITIES:
        if ability is not None or by_member:
            message = "x-cierre-ability is {ability!r}, but a principal from {source!r} has no abilities"
            raise ValueError(Phrase(message, ability=ability, source=source))
        return None, {}
    if ability != "any":
        _check_ability("x-cierre-ability", ability)
    for member, wanted in by_member.items():
        _check_ability(f"x-cierre-ability-for {member}", wanted)
    unknown = by_member.keys() - members
    if unknown:
        raise ValueError(
            Phrase("x-cierre-ability-for names {names}, which no body has", names=", ".join(sorted(unknown)))
        )
    return None if ability == "any" else ability, by_member


def _check_ability(where: str, ability: object) -> None:
    if not isinstance(ability, str) or not _ABILITY.match(ability):
        message = "{where} is {ability!r}, neither any nor of the form cierre:verb-noun"
        raise ValueError(Phrase(message, where=where, ability=ability))
