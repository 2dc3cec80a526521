"""The texts that an operation takes, each of which can be sent anew in the place of a good one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus

from cierre.contract_tests.resources.calls import NOTHING, Reply, User, written
from cierre.contract_tests.resources.passwords import is_password
from cierre.contract_tests.resources.things import items_of
from cierre.contract_tests.security.stage import Stage
from cierre.oas.merged_schema import flatten
from cierre.oas.navigation import Json, parameters
from cierre.oas.structure import Operation

# Steps from a body to a value in it: names of members, and indexes.
Steps = tuple[str | int, ...]
# Levels of a body in which texts are looked for.
_LEVELS = 4
_VOLATILE = re.compile(
    r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?|\b\d{10,}\b"
)


@dataclass
class Request:
    """A good request of an operation.

    Attributes:
        body: an object, or `NOTHING`.
    """

    stage: Stage
    operation: Operation
    user: User
    path: Json
    query: Json
    body: Any

    def send(self, place: str, steps: Steps, value: Any, *, patience: float | None = None) -> Reply | None:
        """The request with one value in the place of another; `None` where there is no answer.

        Args:
            steps: the parameter's name, or where in the body the value stands.
        """
        path, query, body = dict(self.path), dict(self.query), self.body
        if place == "path":
            path[str(steps[0])] = value
        elif place == "query":
            query[str(steps[0])] = value
        else:
            body = _with(body, steps, value)
        return self.stage.calls.call(
            self.operation,
            self.user,
            path=path,
            query=query,
            headers=self.stage.things.headers_of(self.operation),
            body=body,
            patience=patience,
        )


@dataclass(frozen=True)
class Input:
    """One text of a request: where it stands, and a good value.

    Attributes:
        place: `path`, `query` or `body`.
        steps: the parameter's name, or the members and indexes that lead to it in the body.
    """

    request: Request
    place: str
    steps: Steps
    value: str

    @property
    def name(self) -> str:
        """With what it stands in: `owner.email`."""
        return ".".join(map(str, self.steps))

    @property
    def member(self) -> str:
        """The name that is nearest to it."""
        return next((step for step in reversed(self.steps) if isinstance(step, str)), "")

    @property
    def operation(self) -> Operation:
        return self.request.operation

    def send(self, value: Any, *, patience: float | None = None) -> Reply | None:
        """The request with another value."""
        return self.request.send(self.place, self.steps, value, patience=patience)

    @property
    def harmless(self) -> bool:
        """Whether anything may be said here: where something is looked up, and in a body that is the client's own.

        In the path of what writes or deletes, a text could name anything.
        """
        return self.place == "body" or self.operation.method in {"get", "query"}

    @property
    def shown(self) -> str:
        """As a sentence has it: `username (path)`."""
        return f"{self.name} ({self.place})"


def inputs_of(stage: Stage, operation: Operation, user: User) -> Iterator[Input]:
    """The texts and numbers of the path, of the query and of the body that the operation takes."""
    path = stage.things.path_of(operation)
    if path is None:
        return
    body = next((one for one in stage.things.bodies(operation) if isinstance(one, dict)), NOTHING)
    request = Request(stage, operation, user, path, stage.things.query_of(operation), body)
    for name, value in path.items():
        yield Input(request, "path", (name,), written(value))
    # A new password of somebody who logs in would end the run.
    making = _reads_or_makes(stage, operation)
    named = [one for one in parameters(stage.run.document, operation) if one.get("in") == "query"]
    listed = _listed(request) if named and operation.method == "get" else {}
    for one in named:
        merged = flatten(stage.things.values.document, [one.get("schema") or {}])
        if "array" in merged.kinds or "object" in merged.kinds or "boolean" in merged.kinds:
            continue
        made = request.query.get(one["name"], listed.get(one["name"]))
        value = stage.things.values.of(one.get("schema") or {}, one["name"]) if made is None else made
        yield Input(request, "query", (one["name"],), written(value))
    for steps, text in _texts(body) if isinstance(body, dict) else ():
        taken = Input(request, "body", steps, text)
        if making or not is_password(taken.member):
            yield taken


def _texts(node: Any, *steps: str | int) -> Iterator[tuple[Steps, str]]:
    """The texts of a body, each with the steps to it; of a list those of the first item."""
    if isinstance(node, str):
        yield steps, node
    elif len(steps) < _LEVELS:
        children = node.items() if isinstance(node, dict) else enumerate(node[:1]) if isinstance(node, list) else ()
        for step, child in children:
            yield from _texts(child, *steps, step)


def _with(node: Any, steps: Steps, value: Any) -> Any:
    """A copy of the body with another value where `steps` lead to."""
    if not steps:
        return value
    step, *rest = steps
    if isinstance(node, list):
        return [_with(child, tuple(rest), value) if at == step else child for at, child in enumerate(node)]
    return {**node, step: _with(node.get(step), tuple(rest), value)}


def try_inputs(stage: Stage, probe: Callable[[Input], bool]) -> str:
    """Try each input of each operation.

    Args:
        probe: returns whether the operation needs no more of it.

    Returns:
        Why nothing was reached; empty where something was.
    """
    tried = False
    for operation in stage.run.operations:
        if stage.run.stopped:
            break
        for one in inputs_of(stage, operation, stage.owner):
            tried = True
            if probe(one):
                break
    return "" if tried else "no operation takes a text"


def _reads_or_makes(stage: Stage, operation: Operation) -> bool:
    """Whether a password in the body is that of somebody new, or is only compared."""
    makes = any(one.make is operation for one in stage.resources)
    return makes or operation.path in {entry.path for entry in stage.owner.entries}


def _listed(request: Request) -> Json:
    """Values of the first item that the operation lists."""
    reply = request.stage.calls.call(
        request.operation,
        request.user,
        path=request.path,
        query=request.query,
        headers=request.stage.things.headers_of(request.operation),
    )
    items = items_of(reply.body) if reply is not None and reply.good else []
    return {name: value for name, value in (items[0] if items else {}).items() if isinstance(value, str | int)}


def readings(stage: Stage, one: Input, reply: Reply | None) -> Iterator[Reply]:
    """Where what was written can be read: at the same path."""
    reader = next(
        (
            other
            for other in stage.run.operations
            if other.method == "get" and other.path == one.operation.path and one.operation.method != "get"
        ),
        None,
    )
    if reader is not None and reply is not None and reply.good and one.place == "body":
        again = stage.calls.call(reader, one.request.user, path=one.request.path, query=stage.things.query_of(reader))
        if again is not None:
            yield again


def content_of(reply: Reply, *sent: str) -> tuple[int, str]:
    """What an answer says, without what the request said and what differs by itself.

    Args:
        sent: texts of the request, and of others that the answer is compared with.
    """
    text = reply.text
    for form in sorted({form for one in sent for form in _forms(one)}, key=len, reverse=True):
        text = text.replace(form, "")
    return reply.status, _VOLATILE.sub("", text)


def _forms(sent: str) -> set[str]:
    """A text as answers repeat it."""
    forms = {sent, quote(sent, safe=""), quote_plus(sent), json.dumps(sent)[1:-1]}
    forms |= {sent.replace("'", "&#39;").replace('"', "&#34;"), sent.replace("'", "&#x27;").replace('"', "&quot;")}
    return set(filter(None, forms))
