"""Members that are the server's, sent by a client (OWASP API3, mass assignment)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from cierre.contract_tests import named
from cierre.contract_tests.findings import CouldNotRun
from cierre.contract_tests.resources.calls import Reply, User
from cierre.contract_tests.resources.model import Resource
from cierre.contract_tests.resources.things import Thing, items_of
from cierre.contract_tests.security.answers import schema_of
from cierre.contract_tests.security.stage import PEOPLE, Stage, objects_in
from cierre.oas.document import Document
from cierre.oas.merged_schema import MergedSchema, flatten
from cierre.oas.navigation import Json, find, responses
from cierre.oas.structure import Operation
from cierre.oas.thing_names import candidates, plain

_ADMIN: dict[str, Json] = {
    "admin": {"type": "boolean"},
    "is_admin": {"type": "boolean"},
    "isAdmin": {"type": "boolean"},
}
_NUMBER, _TEXT = 987_654, "cierre-assigned"
# Members that say what a user may do, and what may stand there.
ROLES = frozenset({"role", "userrole", "rol", "accounttype", "usertype"})
_WORD = re.compile(r"[A-Za-z]+")
_DESCRIBING = frozenset({"description", "summary", "enum", "example", "examples", "default"})
KNOWN_ROLES = ("admin", "administrator", "employee", "staff", "manager", "moderator", "owner", "superuser")
# What a client is sent and may repeat: who it is, and where more is.
_NOT_SET = frozenset({"self", "links", "href", "url", "message", "success", "error"})


def check(stage: Stage) -> str:
    """Make and change things with members that no request has. Returns why it was not reached; empty where it was."""
    why = "nothing could be made"
    for resource in stage.resources:
        if not resource.item or resource.make is None:
            continue
        stage.calls.start()
        plain_one = stage.things.make(resource)
        if plain_one is None:
            continue
        why = ""
        before = _record(stage, plain_one)
        _made(stage, resource, plain_one, before)
        for operation in (resource.change, resource.replace):
            if operation is not None:
                _changed(stage, operation, plain_one, before)
    return "" if _itself(stage) else why


def _itself(stage: Stage) -> bool:
    """Change the user itself (`PATCH /me`), and back. Returns whether there is such an operation."""
    tried = False
    for shown in [one for one in stage.shown if one.good and isinstance(one.body, dict)]:
        for operation in stage.run.operations:
            if operation.path != shown.operation.path or operation.method not in {"put", "patch"}:
                continue
            tried = True
            _set(stage, operation, shown.operation)
    return tried


def _set(stage: Stage, operation: Operation, reader: Operation) -> None:
    stage.calls.start()
    before = flat(stage.calls.call(reader, stage.owner))
    extra = _extra(stage, Resource(operation.path), operation, before)
    # What is shown and no request has.
    extra |= {
        name: not value
        for name, value in before.items()
        if isinstance(value, bool) and _is_free(stage, operation, name)
    }
    body = next((one for one in stage.things.bodies(operation) if isinstance(one, dict)), None)
    if body is None:
        return
    body = {name: before.get(name, value) for name, value in body.items()}
    for members in [*([extra] if extra else []), *_roles(stage, operation, before)]:
        stage.calls.start()
        reply = stage.calls.call(operation, stage.owner, body={**body, **members})
        after = flat(stage.calls.call(reader, stage.owner))
        kept = [name for name, value in members.items() if after.get(name) == value != before.get(name)]
        if reply is not None and kept:
            sentence = f"{operation.label} keeps {', '.join(kept)}, which no client may set."
            stage.broken(named.ASSIGNMENT, reply, sentence, clause=("requestBody",))
            stage.calls.call(
                operation, stage.owner, body={**body, **{name: before[name] for name in kept if name in before}}
            )
            return


def _roles(stage: Stage, operation: Operation, before: Json) -> Iterator[Json]:
    """Another role in the place of one that is shown and that the request has no place for, written like it.

    A role that the service does not know can make an account useless: only those are tried that the document speaks of.
    """
    request, said = request_of(stage, operation), set(_words(stage.run.document))
    for name, value in before.items():
        if plain(name) in ROLES and isinstance(value, str) and value and name not in request.properties:
            write = str.upper if value.isupper() else str.capitalize if value[0].isupper() else str.lower
            yield from ({name: write(role)} for role in KNOWN_ROLES if role in said - {value.lower()})


def flat(reply: Reply | None) -> Json:
    """The plain members of all objects in an answer, as one."""
    found: Json = {}
    for one in objects_in(reply.body if reply is not None and reply.good else None):
        found.update({name: value for name, value in one.items() if not isinstance(value, dict | list)})
    return found


def _words(node: Any, *, describing: bool = False) -> Iterator[str]:
    """The words of a document's descriptions, examples and named values, in lower case."""
    if isinstance(node, str) and describing:
        yield from (word.lower() for word in _WORD.findall(node))
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, child in children:
        yield from _words(child, describing=describing or name in _DESCRIBING)


def request_of(stage: Stage, operation: Operation) -> MergedSchema:
    """What a request's body may be."""
    kind = stage.calls.media_type(operation)
    schema = find(stage.run.document, *operation.steps, "requestBody", "content", kind, "schema") if kind else None
    return flatten(stage.things.values.document, [schema or {}])


def _is_free(stage: Stage, operation: Operation, name: str) -> bool:
    """Whether the request has no place for a member."""
    request = request_of(stage, operation)
    return bool(request.properties) and name not in request.properties and not request.additional


def _made(stage: Stage, resource: Resource, plain_one: Thing, before: Json) -> None:
    operation = plain_one.reply.operation
    extra = _extra(stage, resource, operation, before)
    for members in [extra, *({name: value} for name, value in extra.items() if len(extra) > 1)]:
        stage.calls.start()
        thing = stage.things.make(resource, extra=members) if members else None
        if thing is not None and thing.id != plain_one.id:
            if _report(stage, thing, thing.reply, members, before):
                return
            if members is extra:
                # It was taken whole, and nothing of it was kept.
                return


def _changed(stage: Stage, operation: Operation, thing: Thing, before: Json) -> None:
    extra = _extra(stage, thing.resource, operation, before)
    body = next((one for one in stage.things.bodies(operation) if isinstance(one, dict)), None)
    if body is None or not extra:
        return
    stage.calls.start()
    path = thing.path
    reply = stage.calls.call(operation, stage.owner, path=path, body={**body, **extra})
    if reply is not None and reply.good:
        _report(stage, thing, reply, extra, before)


def _report(stage: Stage, thing: Thing, reply: Reply, members: Json, before: Json) -> bool:
    after = _record(stage, thing)
    kept = [name for name, value in members.items() if after.get(name) == value != before.get(name)]
    if kept:
        sentence = f"{reply.operation.label} keeps {', '.join(kept)}, which no client may set."
        stage.broken(named.ASSIGNMENT, reply, sentence, clause=("requestBody",))
    return bool(kept)


def _record(stage: Stage, thing: Thing) -> Json:
    """All that the API shows of a thing, in one object."""
    resource, found = thing.resource, {}
    for _, one in stage.records(resource, thing.id, stage.owner):
        found.update(one)
    if resource.read is not None:
        reply = stage.calls.call(resource.read, stage.owner, path=thing.path)
        for one in objects_in(reply.body if reply is not None and reply.good else None):
            found.update({name: value for name, value in one.items() if not isinstance(value, dict | list)})
    if resource.list is not None and "{" in resource.list.path:
        reply = stage.calls.call(resource.list, stage.owner, path=thing.path)
        names = set(candidates(resource.parameter, resource.thing))
        for one in items_of(reply.body if reply is not None and reply.good else None):
            if any(plain(key) in names and one[key] == thing.id for key in one):
                found.update(one)
    found.update(_as_itself(stage, thing))
    return found


def _as_itself(stage: Stage, thing: Thing) -> Json:
    """What a user that was just made is shown of itself."""
    entry = next((one for one in stage.owner.entries if one.path is not None and one.bodies), None)
    if entry is None or thing.resource.thing not in PEOPLE or not isinstance(thing.sent, dict):
        return {}
    body = {name: thing.sent.get(name, value) for name, value in entry.bodies[0].items()}
    itself, found = replace(entry, bodies=(body,)), {}
    try:
        for _, one in stage.records(thing.resource, thing.id, User((itself,))):
            found.update(one)
    except CouldNotRun:
        return {}
    return found


def _extra(stage: Stage, resource: Resource, operation: Operation, before: Json) -> Json:
    """Members that a request has no place for, with values that nothing had before."""
    document, request = stage.things.values.document, request_of(stage, operation)
    if not request.properties or any(one is not False for one in request.additional):
        return {}
    found: dict[str, Any] = {}
    for name, schemas in request.properties.items():
        if flatten(document, schemas).hint("readOnly") is True:
            found[name] = {"allOf": schemas}
    names = set(candidates(resource.parameter, resource.thing))
    for shown in _shown(stage, document):
        if any(plain(name) in names for name in shown.properties):
            found |= {
                name: {"allOf": schemas}
                for name, schemas in shown.properties.items()
                if name not in request.properties and plain(name) not in names | _NOT_SET
            }
    if resource.thing in PEOPLE:
        found |= {name: inner for name, inner in _ADMIN.items() if name not in request.properties and name not in found}
    made = {name: _other(flatten(document, [inner]), name, before.get(name)) for name, inner in found.items()}
    return {name: value for name, value in made.items() if value is not None}


def _other(merged: MergedSchema, name: str, before: Any) -> Any:
    """A value of the schema that is not the one before; None where there is none that could be recognised."""
    if merged.values:
        return next((one for one in reversed(merged.values) if one != before), None)
    kind = next(iter(merged.kinds), "string")
    if kind == "boolean":
        return not before if isinstance(before, bool) else True
    if kind in {"integer", "number"}:
        return _NUMBER
    if kind != "string" or merged.patterns or any(one not in {"date-time", "date", "email"} for one in merged.formats):
        return None
    if merged.formats:
        return {"date-time": "2001-02-03T04:05:06Z", "date": "2001-02-03"}.get(merged.formats[0])
    return "admin" if "role" in plain(name) else _TEXT


def _shown(stage: Stage, document: Document) -> list[MergedSchema]:
    """The objects that answers of the document show, also in lists."""
    found = []
    for operation in stage.run.operations:
        for status, answer in responses(stage.run.document, operation).items():
            schema = schema_of(answer, "application/json") if status.startswith("2") else None
            pending = [schema] if schema is not None else []
            for _ in range(4):
                merged = [flatten(document, [one]) for one in pending]
                found += [one for one in merged if one.properties]
                pending = [{"allOf": one.items} for one in merged if one.items]
                pending += [{"allOf": inner} for one in merged for inner in one.properties.values()]
    return found
