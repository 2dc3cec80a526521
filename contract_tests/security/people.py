"""What a body does to people: it names another user, or gives the caller a role (OWASP API1 and API5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from cierre.contract_tests import named
from cierre.contract_tests.resources.calls import User
from cierre.contract_tests.resources.model import parameters_of
from cierre.contract_tests.resources.passwords import is_password, keeping, password_of
from cierre.contract_tests.security.assignment import KNOWN_ROLES, ROLES, flat, request_of
from cierre.contract_tests.security.owners import NO_OTHER
from cierre.contract_tests.security.stage import Stage, is_self
from cierre.oas.merged_schema import MergedSchema, flatten
from cierre.oas.navigation import Json, security
from cierre.oas.structure import Operation
from cierre.oas.thing_names import plain

# Members of a body that say whose entry is meant.
_WHO = frozenset({"username", "user", "userid", "email", "login", "account", "accountid", "customerid", "memberid"})
NO_MEMBER = "no operation that changes something has a body which names a user, whose entry it shows"
NO_ROLE = "no operation that changes something has a body with a role that the user is shown to have"
_CHANGES = frozenset({"put", "patch", "post"})


class _OwnEntry(NamedTuple):
    """Where a user changes its own entry: at `/me` and the like, or by its own id as in `/users/{id}`.

    Attributes:
        request: what the operation's body may be.
        reader: shows the entry.
        path: the values of the path's parameters, for both operations.
    """

    operation: Operation
    request: MergedSchema
    reader: Operation
    path: Json


def check_named(stage: Stage) -> str:
    """Let the other user name the first one in a body. Returns why it was not reached; empty where it was."""
    if stage.other is None:
        return NO_OTHER
    why, mine, theirs = NO_MEMBER, _known(stage, stage.owner), _known(stage, stage.other)
    for operation, request in _writing(stage):
        names = {name for name in request.properties if mine.get(plain(name)) not in {None, theirs.get(plain(name))}}
        who = {name: mine[plain(name)] for name in names if plain(name) in _WHO}
        reader = _reader(stage, operation) if who else None
        if reader is not None:
            why = ""
            _name_another(stage, operation, reader, who)
    return why


def _name_another(stage: Stage, operation: Operation, reader: Operation, who: Json) -> None:
    stage.calls.start()
    body = next((one for one in stage.things.bodies(operation) if isinstance(one, dict)), None)
    if body is None or stage.other is None:
        return
    before, theirs = (flat(stage.calls.call(reader, one)) for one in (stage.owner, stage.other))
    # Whoever's password it changes stays what it was, or the run could not go on.
    sent = keeping({**body, **who}, password_of(stage.owner.entries))
    reply = stage.calls.call(operation, stage.other, body=sent)
    after = flat(stage.calls.call(reader, stage.owner))
    changed = sorted(name for name, value in sent.items() if after.get(name) == value != before.get(name))
    if reply is None or not reply.good:
        return
    if changed:
        names = f"{', '.join(changed)} of the user that {' and '.join(sorted(who))} names"
        sentence = f"{operation.label} lets another user change {names}."
        stage.broken(named.NAMED_USERS, reply, sentence, clause=("requestBody",))
    user, was = (stage.owner, before) if changed else (stage.other, theirs)
    back = {name: was.get(name, value) for name, value in sent.items()}
    stage.calls.call(operation, user, body=keeping(back, password_of(user.entries)))


def check_roles(stage: Stage) -> str:
    """Let users give themselves a higher role. Returns why it was not reached; empty where it was."""
    why = NO_ROLE
    for user in [one for one in (stage.owner, stage.other) if one is not None]:
        known = _known(stage, user)
        for own in _own_entries(stage, user):
            names = own.request.properties
            before = flat(stage.calls.call(own.reader, user, path=own.path))
            name = next((one for one in names if plain(one) in ROLES and before.get(one)), None)
            if name is None or str(before[name]).lower() in KNOWN_ROLES:
                continue
            why = ""
            who = {one: known[plain(one)] for one in names if plain(one) in _WHO and plain(one) in known}
            if _takes_a_role(stage, own, user, who, name):
                break
    return why


def _own_entries(stage: Stage, user: User) -> Iterator[_OwnEntry]:
    for operation, request in _writing(stage):
        reader = _reader(stage, operation)
        if reader is not None:
            yield _OwnEntry(operation, request, reader, {})
    for resource in stage.resources:
        own = stage.itself(resource, user)
        for item in (*resource.below, resource.change, resource.replace) if own is not None else ():
            alone = item is not None and parameters_of(item.path) == [resource.parameter]
            if item is None or resource.read is None or not alone or item.method not in _CHANGES:
                continue
            request = request_of(stage, item)
            if request.properties:
                yield _OwnEntry(item, request, resource.read, {resource.parameter: own})


def _takes_a_role(stage: Stage, own: _OwnEntry, user: User, who: Json, name: str) -> bool:
    """Whether the user gets a higher role; it is taken back."""
    operation, _, reader, path = own
    before = flat(stage.calls.call(reader, user, path=path))
    schema = flatten(stage.things.values.document, own.request.properties[name])
    body = next((one for one in stage.things.bodies(operation, user) if isinstance(one, dict)), None) or {}
    # What the user has stays as it is, except for the role.
    body = {one: value if is_password(one) else before.get(one, value) for one, value in body.items()}
    for role in _higher(schema, str(before[name])):
        stage.calls.start()
        reply = stage.calls.call(operation, user, path=path, body={**body, **who, name: role})
        after = flat(stage.calls.call(reader, user, path=path))
        if reply is not None and reply.good and after.get(name) == role:
            sentence = f"{operation.label} lets a user give itself the {name} “{role}”."
            stage.broken(named.GIVEN_ROLES, reply, sentence, clause=("requestBody",))
            stage.calls.call(operation, user, path=path, body={**body, **who, name: before[name]})
            return True
    return False


def _higher(schema: MergedSchema, own: str) -> Iterator[str]:
    """Roles that may do more, as the schema writes them, or else like the user's own."""
    if schema.values:
        yield from (one for one in schema.values if str(one).lower() in KNOWN_ROLES and one != own)
        return
    write = str.upper if own.isupper() else str.capitalize if own[:1].isupper() else str.lower
    yield from (write(one) for one in KNOWN_ROLES)


def _writing(stage: Stage) -> Iterator[tuple[Operation, MergedSchema]]:
    """Operations that change something for a user who is logged in, and what their bodies may be."""
    for operation in stage.run.operations:
        wanted = operation.method in _CHANGES and "{" not in operation.path
        if wanted and security(stage.run.document, operation) and not stage.wants_more(operation):
            request = request_of(stage, operation)
            if request.properties:
                yield operation, request


def _reader(stage: Stage, operation: Operation) -> Operation | None:
    """What shows the caller's own entry: at the operation's path, or at `/me` and the like."""
    shown = [one.operation for one in stage.shown if one.good and isinstance(one.body, dict)]
    own = [one for one in shown if one.path == operation.path]
    return next(iter(own or [one for one in shown if is_self(one)]), None)


def _known(stage: Stage, user: User) -> Json:
    """The plain members of what is known of a user, by their plain names."""
    found: dict[str, Any] = {}
    for known in stage.known_of(user):
        if isinstance(known, dict):
            texts = {plain(name): value for name, value in known.items() if isinstance(value, str | int)}
            found = {**texts, **found}
    return found
