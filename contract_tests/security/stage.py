"""What the checks of security share: the users, their things, and what an operation shows without being asked."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from cierre.contract_tests.exchanges import Exchange
from cierre.contract_tests.named import Named
from cierre.contract_tests.resources.calls import Calls, Reply, User
from cierre.contract_tests.resources.judging import report
from cierre.contract_tests.resources.model import Resource, parameters_of, resources_of
from cierre.contract_tests.resources.phase import things_of
from cierre.contract_tests.resources.things import Things, id_in
from cierre.contract_tests.run import SECURITY, Run
from cierre.oas.navigation import Json, parameters
from cierre.oas.structure import Operation, operations
from cierre.oas.thing_names import candidates, plain

PEOPLE = frozenset({"user", "account", "member", "customer", "person", "profile", "usuario"})
_SELF = frozenset({"me", "self", "profile", "account", "whoami", "current", "userinfo", "currentuser", "yo"})
_LEVELS = 6


@dataclass
class Stage:
    """A run's security phase.

    Attributes:
        owner: who makes things; `other`, to whom none of them belong, or None.
        shown: the operations that want nothing but credentials, and what each answered.
    """

    run: Run
    owner: User
    other: User | None
    resources: list[Resource]
    things: Things
    shown: list[Reply] = field(default_factory=list)

    @property
    def calls(self) -> Calls:
        return self.things.calls

    def broken(
        self, check: Named, reply: Reply, sentence: str, *, trail: Sequence[Exchange] | None = None, **more: Any
    ) -> bool:
        """Report it; by default with all that was sent since the calls' last start."""
        sent = self.calls.trail if trail is None else trail
        return report(self.run, check, reply, sentence, phase=SECURITY, trail=sent, **more)

    def look(self) -> None:
        """Ask each operation that wants nothing what it shows."""
        for operation in self.run.operations:
            if operation.method == "get" and not parameters_of(operation.path) and not self.wants_more(operation):
                reply = self.calls.call(operation, self.owner)
                if reply is not None:
                    self.shown.append(reply)

    def wants_more(self, operation: Operation) -> bool:
        """Whether the operation needs a parameter of the query."""
        return any(one.get("in") == "query" and one.get("required") for one in parameters(self.run.document, operation))

    def records(self, resource: Resource, value: Any, user: User) -> Iterator[tuple[Reply, Json]]:
        """Each object that an operation shows and that has the id `value` of a thing."""
        names = set(candidates(resource.parameter, resource.thing))
        for shown in self.shown:
            if any(plain(key) in names for one in objects_in(shown.body) for key in one):
                reply = self.calls.call(shown.operation, user)
                for one in objects_in(reply.body if reply is not None and reply.good else None):
                    if any(plain(key) in names and one[key] == value for key in one):
                        yield reply, one  # type: ignore[misc]

    def itself(self, resource: Resource, user: User) -> Any:
        """The id under which the resource has a user; None where that is not known."""
        if resource.thing not in PEOPLE or not resource.item or resource.read is None:
            return None
        for known in self.known_of(user):
            found = id_in(known, resource.parameter, resource.thing)
            if found is not None:
                return found
        return None

    def known_of(self, user: User) -> Iterator[Any]:
        """What is known of a user: what logs in, what the login answers, what the token says, and `GET /me`."""
        for entry in user.entries:
            if entry.bodies:
                yield {name: value for name, value in entry.bodies[0].items() if "pass" not in plain(name)}
            if entry.path is not None:
                login = self.run.logins.current(entry)
                yield login.answer
                yield claims_of(login.token)
        for shown in self.shown:
            if is_self(shown.operation):
                reply = self.calls.call(shown.operation, user)
                yield reply.body if reply is not None and reply.good else None


def stage_of(run: Run) -> Stage:
    """The stage of a run."""
    found, owner = resources_of(run.operations), User(run.contract.entries)
    other = User(run.contract.others) if run.contract.others else None
    return Stage(run, owner, other, found, things_of(run, SECURITY, found, owner))


def is_self(operation: Operation) -> bool:
    """Whether an operation is about the caller, as `/me` is."""
    return plain(operation.path.rsplit("/", 1)[-1]) in _SELF


def objects_in(body: Any, level: int = 0) -> Iterator[Json]:
    """Every object in a body, itself included."""
    if level > _LEVELS:
        return
    if isinstance(body, dict):
        yield body
    children = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    for child in children:
        yield from objects_in(child, level + 1)


def claims_of(token: str) -> Json:
    """The payload of a JWT; empty where it is none."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return {**claims, "id": claims["sub"]} if isinstance(claims, dict) and "sub" in claims else {}


def login_operation(run: Run, path: str) -> Operation:
    """The operation that logs in; a made one where the document has none."""
    found = next((one for one in operations(run.document) if one.method == "post" and one.path == path), None)
    return found if found is not None else Operation(path, "post", {"responses": {}, "security": []}, {})
