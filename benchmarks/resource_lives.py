"""A thing of each resource, followed through its life as a client would: made, read, listed, changed, deleted, gone."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from cierre.mocks.answering.operation import MockedOperation
from cierre.mocks.generation.values import valid_value
from cierre.mocks.options import MockOptions
from cierre.mocks.state.lists import member_at
from cierre.mocks.state.resources import Part, Resource, Role, StateModel, place_of, scope_of, variables
from cierre.oas.document import Document
from tests.support import independent
from tests.support.exercise import Send, ValidRequest, serialize

STEPS = ("create", "read", "list", "change", "delete", "gone")
_LONGEST = 160
# Of one life, before no more parents are made.
_MOST_PROBLEMS = 20


@dataclass
class Life:
    """What was seen of one thing.

    Attributes:
        resource: that it is of.
        steps: step → whether it held; steps that the document does not have are not there.
        problems: what was wrong, each with its step.
    """

    resource: Resource
    steps: dict[str, bool] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether each step held."""
        return all(self.steps.values())

    def note(self, step: str, problems: list[str]) -> bool:
        """Remember how a step ended. Returns whether it held."""
        self.steps[step] = self.steps.get(step, True) and not problems
        self.problems += [f"{step}: {problem}"[:_LONGEST] for problem in problems]
        return not problems


@dataclass
class _Made:
    """A thing that was made: where it is, and what was sent and shown."""

    scope: dict[str, str]
    sent: Any
    shown: Any


class Client:
    """Follows the things of one document's resources on one server.

    Args:
        document: of the server.
        model: what the document is taken to keep: which operations belong together.
        send: asks the server.
    """

    def __init__(self, document: Document, model: StateModel, send: Send) -> None:
        self._document = document
        self._model = model
        self._send = send
        self._operations: dict[str, MockedOperation] = {}
        self._texts: dict[str, str] = {}
        self._count = 0

    def followed(self) -> Iterator[Resource]:
        """The resources whose things can be made, and looked at or deleted."""
        for resource in self._model.resources.values():
            roles = {part.role for part in self._model.parts_of(resource)}
            if resource.makes and roles & {"read", "list", "delete"}:
                yield resource

    async def follow(self, resource: Resource) -> Life:
        """The life of a new thing of the resource."""
        life = Life(resource)
        made = await self._make(resource, life)
        if made is None:
            return life
        reading, listing = self._part(resource, "read"), self._part(resource, "list")
        if reading is not None:
            await self._read(reading, made, life, "read", made.sent)
        if listing is not None:
            await self._list(listing, made, life, "list", is_there=True)
        for role in ("replace", "change"):
            part = self._part(resource, role)
            if part is not None:
                await self._change(part, reading, made, life)
        deleting = self._part(resource, "delete")
        if deleting is not None:
            status, _, problems = await self._ask(deleting, made.scope)
            if life.note("delete", problems or _unless(200 <= status < 300, f"status {status}")):
                await self._gone(reading, listing, made, life)
        return life

    def _part(self, resource: Resource, role: Role) -> Part | None:
        return next((part for part in self._model.parts_of(resource) if part.role == role), None)

    async def _make(self, resource: Resource, life: Life) -> _Made | None:
        part = self._part(resource, "create") or self._part(resource, "replace")
        if part is None:
            return None
        scope = await self._with_parents(part, life)
        request = self._request(part, scope)
        status, value, problems, location = await self._exchanged(part, request)
        if status == 409:
            # One of the examples has the name: a client takes another one.
            self._vary(part, request, named=True)
            status, value, problems, location = await self._exchanged(part, request)
        problems = problems or _unless(200 <= status < 300, f"status {status}")
        if not life.note("create", problems):
            return None
        shown = None if part.shown is None else member_at(value, part.shown)
        if part.role == "replace":
            return _Made(scope, _sent(request, part), shown)
        own = member_at(shown, resource.id) if resource.id else None
        own = own if own is not None else unquote(urlsplit(location).path.rpartition("/")[2])
        if own in ("", None) and resource.items:
            life.note("create", ["neither the answer nor Location says the id"])
            return None
        for item in resource.items:
            scope = {**scope, place_of(item): str(own)}
        return _Made(scope, _sent(request, part), shown)

    async def _with_parents(self, part: Part, life: Life) -> dict[str, str]:
        """The places of a new thing, whose parents are made first."""
        parent = part.parent_of
        if parent is None or len(life.problems) > _MOST_PROBLEMS:
            return {}
        if not parent.makes:
            return await self._listed(part, parent)
        above = Life(parent)
        made = await self._make(parent, above)
        if made is None:
            life.problems.append(f"its parent {parent.name} was not made")
            return {}
        own = made.scope.get(next((place_of(item) for item in parent.items), ""), "")
        return {**made.scope, place_of(part.parent): own}

    async def _listed(self, part: Part, parent: Resource) -> dict[str, str]:
        """The place of the first thing of a resource that can only be listed."""
        listing = self._part(parent, "list")
        if listing is None:
            return {}
        scope = await self._with_parents(listing, Life(parent))
        _, value, _ = await self._ask(listing, scope)
        listed = None if listing.shown is None else member_at(value, listing.shown)
        own = member_at(listed[0], parent.id) if isinstance(listed, list) and listed and parent.id else None
        return scope if own is None else {**scope, place_of(part.parent): str(own)}

    async def _read(self, part: Part, made: _Made, life: Life, step: str, sent: Any) -> None:
        status, value, problems = await self._ask(part, made.scope)
        problems = problems or _unless(200 <= status < 300, f"status {status}")
        shown = None if part.shown is None else member_at(value, part.shown)
        if not problems and part.shown is not None:
            problems = _differences(sent, shown, life.resource)
            if life.resource.id and member_at(shown, life.resource.id) is not None:
                own = made.scope.get(place_of(part.operation.path))
                problems += _unless(str(member_at(shown, life.resource.id)) == own, "another id")
        life.note(step, problems)

    async def _list(self, part: Part, made: _Made, life: Life, step: str, *, is_there: bool) -> None:
        status, value, problems = await self._ask(part, made.scope, made)
        problems = problems or _unless(200 <= status < 300, f"status {status}")
        if not problems and part.shown is not None:
            listed = member_at(value, part.shown) or []
            own = made.scope.get(next((place_of(item) for item in life.resource.items), ""), None)
            own = own if own is not None else str(member_at(made.shown, life.resource.id))
            ids = [str(member_at(one, life.resource.id)) for one in listed]
            knows = bool(life.resource.id) and set(ids) != {"None"}
            if knows or not is_there:
                problems = _unless((own in ids) == is_there, "not in the list" if is_there else "still in the list")
            else:
                problems = _unless(bool(listed), "the list is empty")
        life.note(step, problems)

    async def _change(self, part: Part, reading: Part | None, made: _Made, life: Life) -> None:
        request = self._request(part, made.scope)
        self._vary(part, request)
        status, _, problems, _ = await self._exchanged(part, request)
        held = life.note("change", problems or _unless(200 <= status < 300, f"status {status}"))
        if held and reading is not None:
            await self._read(reading, made, life, "change", _sent(request, part))

    async def _gone(self, reading: Part | None, listing: Part | None, made: _Made, life: Life) -> None:
        if reading is not None:
            status, _, problems = await self._ask(reading, made.scope)
            documented = {str(key) for key in self._document.mapping(reading.operation.node.get("responses"))}
            problems = problems if documented & {str(status), f"{status // 100}XX", "default"} else []
            life.note("gone", [*_unless(status in {404, 410}, f"status {status}"), *problems])
        elif listing is not None:
            await self._list(listing, made, life, "gone", is_there=False)

    # Requests.

    async def _ask(self, part: Part, scope: dict[str, str], made: _Made | None = None) -> tuple[int, Any, list[str]]:
        request = self._request(part, scope)
        if made is not None:
            _narrow(request, part, made)
        status, value, problems, _ = await self._exchanged(part, request)
        return status, value, problems

    def _operation(self, part: Part) -> MockedOperation:
        label = part.operation.label
        if label not in self._operations:
            self._operations[label] = MockedOperation(self._document, part.operation, MockOptions())
        return self._operations[label]

    def _request(self, part: Part, scope: dict[str, str]) -> ValidRequest:
        """A valid request; what stands in the path is what was made, or else valid and the same each time."""
        validator = self._operation(part).validator
        parameters = validator.parameters if validator is not None else []
        request = ValidRequest(self._document, part.operation, [one for one in parameters if one.location != "path"])
        for name in variables(part.operation.path):
            place = next(iter(scope_of(part.operation.path, {name: "x"})))
            schema = next((one.schema for one in parameters if (one.location, one.name) == ("path", name)), {})
            if place not in scope and place not in self._texts:
                value, _ = valid_value(self._document, self._document.requests, schema, seed=name)
                self._texts[place] = serialize(value) or "x"
            text = scope.get(place, self._texts.get(place, "x"))
            scope.setdefault(place, text)
            request.path = request.path.replace(f"{{{name}}}", quote(text, safe=","))
        return request

    def _vary(self, part: Part, request: ValidRequest, *, named: bool = False) -> None:
        """Change a text in the body, where the document lets it be another; `named`: that of the id alone."""
        validator, value = self._operation(part).validator, _decoded(request)
        inner = member_at(value, part.sent)
        kind = request.headers.get("content-type", "")
        if validator is None or not isinstance(inner, dict) or "json" not in kind:
            return
        self._count += 1
        own = part.resource.id
        inner = member_at(inner, own[:-1]) if named and own else inner
        for name, text in inner.items() if isinstance(inner, dict) else ():
            if isinstance(text, str) and (name in {*own[-1:], *part.resource.unique}) == named:
                inner[name] = f"{text}{self._count}"
                body = json.dumps(value).encode()
                if not validator.validate({}, b"", {}, kind, body).violations:
                    request.body = body
                    return
                inner[name] = text

    async def _exchanged(self, part: Part, request: ValidRequest) -> tuple[int, Any, list[str], str]:
        """Status, value, problems and Location of an answer."""
        query = "&".join(f"{quote(name)}={quote(text)}" for name, text in request.query)
        headers = dict(request.headers)
        if request.body:
            headers["content-length"] = str(len(request.body))
        method = part.operation.method.upper()
        status, fields, body = await self._send(method, request.path, query, headers, request.body)
        problems = independent.problems(self._document, part.operation, status, fields, body)
        problems = [one for one in problems if not one.startswith(independent.NOT_JUDGED)]
        try:
            value = json.loads(body) if body else None
        except ValueError:
            value = None
        return status, value, problems, fields.get("location", "")


def _narrow(request: ValidRequest, part: Part, made: _Made) -> None:
    """Required filters ask for what the thing has."""
    for index, (name, text) in enumerate(request.query):
        wanted = part.listing.filters.get(name)
        own = member_at(made.shown, wanted.member) if wanted is not None else None
        if own is not None and not isinstance(own, (dict, list)):
            request.query[index] = name, serialize(own)
        elif wanted is not None and wanted.member == part.resource.id:
            request.query[index] = name, next(reversed(made.scope.values()), text)


def _decoded(request: ValidRequest) -> Any:
    try:
        return json.loads(request.body) if request.body else None
    except ValueError:
        return None


def _sent(request: ValidRequest, part: Part) -> Any:
    return member_at(_decoded(request), part.sent)


def _differences(sent: Any, shown: Any, resource: Resource) -> list[str]:
    """The plain members that were sent and that the answer shows with another value."""
    if not isinstance(sent, dict) or not isinstance(shown, dict):
        return []
    plain = {name: one for name, one in sent.items() if isinstance(one, (str, int, float, bool))}
    kept = plain.keys() & shown.keys() & resource.writable - set(resource.id)
    # What is sent as a name and shown as an object says the same in another way.
    kept = {name for name in kept if not isinstance(shown[name], (dict, list))}
    return [f"{name} is {shown[name]!r}, and {plain[name]!r} was sent" for name in kept if shown[name] != plain[name]]


def _unless(holds: bool, problem: str) -> list[str]:
    return [] if holds else [problem]
