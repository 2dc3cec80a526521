"""Two contracts, operation by operation: what breaks the clients that are there, what may, what does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cierre.oas.changes import LEVELS, Change, Direction, Level, level_of
from cierre.oas.collecting import uncollected
from cierre.oas.document import Document
from cierre.oas.references import resolved
from cierre.oas.sameness import Sameness
from cierre.oas.schema_differences import SchemaComparison
from cierre.oas.structure import operations
from cierre.phrases import Phrase

Json = dict[str, Any]
Finding = tuple[Level, Phrase]


@uncollected()
def diff(old: Json, new: Json) -> list[Change]:
    """Every change that a client could notice, by operation, the worst first.

    Operations are the same when method and path are, whatever the path's parameters are called. Texts, tags and
    examples are for people, and are not compared.

    Args:
        old: as `load` gives it, what clients were written to.
        new: what they would meet.
    """
    before, after = _by_route(old), _by_route(new)
    comparison = _OperationComparison(old, new)
    changes = [
        Change("risky", "", Phrase("server {url} is gone", url=url))
        for url in _servers(old)
        if url not in _servers(new)
    ]
    for route in before:
        name, path, operation = before[route]
        if route not in after:
            changes.append(Change("breaking", name, Phrase("the operation is gone")))
            continue
        found = comparison.compare((path, operation), after[route][1:])
        changes += sorted({Change(level, name, message) for level, message in found}, key=_worst_first)
    new_one = Phrase("the operation is new")
    changes += [Change("harmless", after[route][0], new_one) for route in after if route not in before]
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
        same = Sameness(*self._documents)
        directions: tuple[Direction, Direction] = ("request", "response")
        self._schemas_of = {one: SchemaComparison(*self._documents, one, same) for one in directions}

    def compare(self, old: tuple[str, Json], new: tuple[str, Json]) -> Iterator[Finding]:
        (_, before), (_, after) = old, new
        if before.get("operationId") != after.get("operationId"):
            names = {"old": before.get("operationId"), "new": after.get("operationId")}
            yield "risky", Phrase("operationId {old} → {new}", **names)
        if bool(before.get("deprecated")) != bool(after.get("deprecated")):
            now = Phrase("is now deprecated") if after.get("deprecated") else Phrase("is no longer deprecated")
            yield "harmless", now
        yield from self._security(before, after)
        yield from self._parameters(self._sent(self.old, *old), self._sent(self.new, *new))
        yield from self._request_body(before.get("requestBody"), after.get("requestBody"))
        yield from self._responses(before.get("responses", {}), after.get("responses", {}))

    def _security(self, old: Json, new: Json) -> Iterator[Finding]:
        before, after = _needs(self.old, old), _needs(self.new, new)
        if any(not any(needed <= had for needed in after) for had in before):
            yield "breaking", Phrase("security: a credential that was enough is not any more")
        elif before != after:
            yield "harmless", Phrase("security: other credentials are enough as well")

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
            where = _parameter(parameter)
            if key not in new:
                yield "risky", Phrase("{where} is gone", where=where)
                continue
            now = new[key]
            if bool(parameter.get("required")) != bool(now.get("required")):
                yield (
                    ("breaking", Phrase("{where} is now required", where=where))
                    if now.get("required")
                    else ("harmless", Phrase("{where} is now optional", where=where))
                )
            if any(parameter.get(option) != now.get(option) for option in ("style", "explode", "content")):
                yield "breaking", Phrase("{where} is written in another way", where=where)
            yield from self._schemas(parameter.get("schema", {}), now.get("schema", {}), "request", where)
        for key in new.keys() - old.keys():
            where = _parameter(new[key])
            yield (
                ("breaking", Phrase("{where} is new and required", where=where))
                if new[key].get("required")
                else ("harmless", Phrase("{where} is new", where=where))
            )

    def _request_body(self, old: Json | None, new: Json | None) -> Iterator[Finding]:
        before, after = resolved(self.old, old or {}), resolved(self.new, new or {})
        if old is None or new is None:
            if new is not None:
                yield (
                    ("breaking", Phrase("a request body is new and required"))
                    if after.get("required")
                    else ("harmless", Phrase("a request body is new"))
                )
            elif old is not None:
                yield "risky", Phrase("the request body is gone")
            return
        if bool(before.get("required")) != bool(after.get("required")):
            yield (
                ("breaking", Phrase("the request body is now required"))
                if after.get("required")
                else ("harmless", Phrase("the request body is now optional"))
            )
        yield from self._content(before.get("content", {}), after.get("content", {}), "request", Phrase("request body"))

    def _responses(self, old: Json, new: Json) -> Iterator[Finding]:
        for status in old.keys() - new.keys():
            # A failure that is no longer documented breaks no client.
            yield (
                ("breaking" if status.startswith("2") else "harmless"),
                Phrase("the answer {status} is gone", status=status),
            )
        for status in new.keys() - old.keys():
            yield "risky", Phrase("the answer {status} is new", status=status)
        for status in old.keys() & new.keys():
            before, after = resolved(self.old, old[status]), resolved(self.new, new[status])
            where = Phrase("answer {status}", status=status)
            yield from self._headers(before.get("headers", {}), after.get("headers", {}), where)
            if "content" not in before and "content" in after:
                yield "risky", Phrase("{where}: has a body now", where=where)
            elif "content" in before and "content" not in after:
                yield "breaking", Phrase("{where}: has no body any more", where=where)
            else:
                yield from self._content(before.get("content", {}), after.get("content", {}), "response", where)

    def _headers(self, old: Json, new: Json, where: Phrase) -> Iterator[Finding]:
        before = {name.lower(): (name, resolved(self.old, header)) for name, header in old.items()}
        after = {name.lower(): (name, resolved(self.new, header)) for name, header in new.items()}
        for key, (name, header) in before.items():
            had = bool(header.get("required"))
            if key not in after:
                yield ("breaking" if had else "risky"), Phrase("{where}: header {name} is gone", where=where, name=name)
                continue
            now = after[key][1]
            if had and not now.get("required"):
                yield "breaking", Phrase("{where}: header {name} is no longer always there", where=where, name=name)
            place = Phrase("{where}: header {name}", where=where, name=name)
            yield from self._schemas(header.get("schema", {}), now.get("schema", {}), "response", place)
        for key in after.keys() - before.keys():
            yield "harmless", Phrase("{where}: header {name} is new", where=where, name=after[key][0])

    def _content(self, old: Json, new: Json, direction: Direction, where: Phrase) -> Iterator[Finding]:
        for gone in old.keys() - new.keys():
            yield "breaking", Phrase("{where}: {type} is gone", where=where, type=gone)
        for come in new.keys() - old.keys():
            yield "harmless", Phrase("{where}: {type} is new", where=where, type=come)
        for media_type in old.keys() & new.keys():
            before, after = old[media_type].get("schema", {}), new[media_type].get("schema", {})
            place = Phrase("{where}, {type}", where=where, type=media_type)
            yield from self._schemas(before, after, direction, place)

    def _schemas(self, old: Any, new: Any, direction: Direction, where: Phrase) -> Iterator[Finding]:
        for difference in self._schemas_of[direction].compare(old, new):
            yield level_of(difference, direction), Phrase("{where}: {what}", where=where, what=difference.message)


def _parameter(parameter: Json) -> Phrase:
    return Phrase("{place} parameter {name}", place=parameter["in"], name=parameter["name"])


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
