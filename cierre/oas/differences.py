"""Two contracts, operation by operation: what breaks the clients that are there, what may, what does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cierre.oas.changes import LEVELS, Change, Direction, Level, level_of
from cierre.oas.document import Document
from cierre.oas.references import resolved
from cierre.oas.schema_differences import SchemaComparison
from cierre.oas.structure import operations

Json = dict[str, Any]
Finding = tuple[Level, str]


def diff(old: Json, new: Json) -> list[Change]:
    """Every change that a client could notice, by operation, the worst first.

    Operations are the same when method and path are, whatever the path's parameters are called. Texts, tags and
    examples are for people, and are not compared.

    Args:
        old: as `load` gives it, what clients were written to.
        new: what they would meet.
    """
    before, after = _by_route(old), _by_route(new)
    changes = [Change("risky", "", f"server {url} is gone") for url in _servers(old) if url not in _servers(new)]
    for route in before:
        name, path, operation = before[route]
        if route not in after:
            changes.append(Change("breaking", name, "the operation is gone"))
            continue
        comparison = _OperationComparison(old, new)
        found = comparison.compare((path, operation), after[route][1:])
        changes += sorted({Change(level, name, message) for level, message in found}, key=_worst_first)
    changes += [Change("harmless", after[route][0], "the operation is new") for route in after if route not in before]
    return changes


def _worst_first(change: Change) -> tuple[int, str]:
    return LEVELS.index(change.level), change.message


def _by_route(document: Json) -> dict[tuple[str, str], tuple[str, str, Json]]:
    return {
        (method, re.sub(r"\{[^{}]*\}", "{}", path)): (f"{method.upper()} {path}", path, operation)
        for path, method, operation, _ in operations(document)
    }


def _servers(document: Json) -> list[str]:
    return [server.get("url", "") for server in document.get("servers", [])]


class _OperationComparison:
    def __init__(self, old: Json, new: Json) -> None:
        self.old = old
        self.new = new
        self._documents = Document(old), Document(new)

    def compare(self, old: tuple[str, Json], new: tuple[str, Json]) -> Iterator[Finding]:
        (_, before), (_, after) = old, new
        if before.get("operationId") != after.get("operationId"):
            yield "risky", f"operationId {before.get('operationId')} → {after.get('operationId')}"
        if bool(before.get("deprecated")) != bool(after.get("deprecated")):
            yield "harmless", f"is {'now' if after.get('deprecated') else 'no longer'} deprecated"
        yield from self._security(before, after)
        yield from self._parameters(self._sent(self.old, *old), self._sent(self.new, *new))
        yield from self._request_body(before.get("requestBody"), after.get("requestBody"))
        yield from self._responses(before.get("responses", {}), after.get("responses", {}))

    def _security(self, old: Json, new: Json) -> Iterator[Finding]:
        before, after = _needs(self.old, old), _needs(self.new, new)
        if any(not any(needed <= had for needed in after) for had in before):
            yield "breaking", "security: a credential that was enough is not any more"
        elif before != after:
            yield "harmless", "security: other credentials are enough as well"

    def _sent(self, document: Json, path: str, operation: Json) -> dict[tuple[str, str], Json]:
        """The parameters by place and name; those of the path by their position in it."""
        names = re.findall(r"\{([^{}]*)\}", path)
        listed = [*document["paths"][path].get("parameters", []), *operation.get("parameters", [])]
        parameters = [resolved(document, parameter) for parameter in listed]
        return {
            (place, str(names.index(name)) if place == "path" and name in names else name): parameter
            for parameter in parameters
            for place, name in [(parameter.get("in", ""), parameter.get("name", ""))]
        }

    def _parameters(self, old: dict[tuple[str, str], Json], new: dict[tuple[str, str], Json]) -> Iterator[Finding]:
        for key, parameter in old.items():
            where = f"{parameter['in']} parameter {parameter['name']}"
            if key not in new:
                yield "risky", f"{where} is gone"
                continue
            now = new[key]
            if bool(parameter.get("required")) != bool(now.get("required")):
                yield (
                    ("breaking", f"{where} is now required")
                    if now.get("required")
                    else ("harmless", f"{where} is now optional")
                )
            if any(parameter.get(option) != now.get(option) for option in ("style", "explode", "content")):
                yield "breaking", f"{where} is written in another way"
            yield from self._schemas(parameter.get("schema", {}), now.get("schema", {}), "request", where)
        for key in new.keys() - old.keys():
            where = f"{new[key]['in']} parameter {new[key]['name']}"
            yield (
                ("breaking", f"{where} is new and required")
                if new[key].get("required")
                else ("harmless", f"{where} is new")
            )

    def _request_body(self, old: Json | None, new: Json | None) -> Iterator[Finding]:
        before, after = resolved(self.old, old or {}), resolved(self.new, new or {})
        if old is None or new is None:
            if new is not None:
                level: Level = "breaking" if after.get("required") else "harmless"
                yield level, f"a request body is new{' and required' if after.get('required') else ''}"
            elif old is not None:
                yield "risky", "the request body is gone"
            return
        if bool(before.get("required")) != bool(after.get("required")):
            yield (
                ("breaking", "the request body is now required")
                if after.get("required")
                else ("harmless", "the request body is now optional")
            )
        yield from self._content(before.get("content", {}), after.get("content", {}), "request", "request body")

    def _responses(self, old: Json, new: Json) -> Iterator[Finding]:
        for status in old.keys() - new.keys():
            # A failure that is no longer documented breaks no client.
            yield ("breaking" if status.startswith("2") else "harmless"), f"the answer {status} is gone"
        for status in new.keys() - old.keys():
            yield "risky", f"the answer {status} is new"
        for status in old.keys() & new.keys():
            before, after = resolved(self.old, old[status]), resolved(self.new, new[status])
            yield from self._headers(before.get("headers", {}), after.get("headers", {}), f"answer {status}")
            if "content" not in before and "content" in after:
                yield "risky", f"answer {status}: has a body now"
            elif "content" in before and "content" not in after:
                yield "breaking", f"answer {status}: has no body any more"
            else:
                yield from self._content(
                    before.get("content", {}), after.get("content", {}), "response", f"answer {status}"
                )

    def _headers(self, old: Json, new: Json, where: str) -> Iterator[Finding]:
        before = {name.lower(): (name, resolved(self.old, header)) for name, header in old.items()}
        after = {name.lower(): (name, resolved(self.new, header)) for name, header in new.items()}
        for key, (name, header) in before.items():
            had = bool(header.get("required"))
            if key not in after:
                yield ("breaking" if had else "risky"), f"{where}: header {name} is gone"
                continue
            now = after[key][1]
            if had and not now.get("required"):
                yield "breaking", f"{where}: header {name} is no longer always there"
            yield from self._schemas(
                header.get("schema", {}), now.get("schema", {}), "response", f"{where}: header {name}"
            )
        yield from (("harmless", f"{where}: header {after[key][0]} is new") for key in after.keys() - before.keys())

    def _content(self, old: Json, new: Json, direction: Direction, where: str) -> Iterator[Finding]:
        yield from (("breaking", f"{where}: {media_type} is gone") for media_type in old.keys() - new.keys())
        yield from (("harmless", f"{where}: {media_type} is new") for media_type in new.keys() - old.keys())
        for media_type in old.keys() & new.keys():
            before, after = old[media_type].get("schema", {}), new[media_type].get("schema", {})
            yield from self._schemas(before, after, direction, f"{where}, {media_type}")

    def _schemas(self, old: Any, new: Any, direction: Direction, where: str) -> Iterator[Finding]:
        for difference in SchemaComparison(*self._documents, direction).compare(old, new):
            yield level_of(difference, direction), f"{where}: {difference.message}"


def _needs(document: Json, operation: Json) -> set[frozenset[str]]:
    """Each set of credentials that is enough: what they are, whatever they are called here."""
    schemes = document.get("components", {}).get("securitySchemes", {})
    alternatives = operation.get("security", document.get("security", [])) or [{}]
    return {
        frozenset(
            f"{_kind(resolved(document, schemes.get(name, {})))}{scope}"
            for name, scopes in alternative.items()
            for scope in ("", *(f" {scope}" for scope in scopes))
        )
        for alternative in alternatives
    }


def _kind(scheme: Json) -> str:
    return " ".join(str(scheme.get(key, "")) for key in ("type", "scheme", "in", "name", "openIdConnectUrl"))
