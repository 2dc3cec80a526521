"""What of the contract was seen, and what never was."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

import orjson
from schemathesis.core.transport import status_code_matches

from cierre.contract_tests.exchanges import NO_ANSWER, Exchange
from cierre.contract_tests.findings import GIVEN_UP, Report
from cierre.contract_tests.report.reasons import why_not
from cierre.oas.navigation import Json, find, parameters, responses
from cierre.oas.structure import Operation, operations


@dataclass(frozen=True)
class Item:
    """Something that the contract names, and how often a run met it."""

    name: str
    count: int


@dataclass(frozen=True)
class OperationCoverage:
    """One operation. `statuses` are of the form `401 application/json`; `unknown` came and are not documented.

    `notes` are what the run says of the operation, such as that it was given up.
    """

    label: str
    name: str
    requests: int
    statuses: tuple[Item, ...]
    parameters: tuple[Item, ...]
    bodies: tuple[Item, ...]
    unknown: tuple[Item, ...]
    notes: tuple[str, ...] = ()

    @property
    def items(self) -> tuple[Item, ...]:
        return (*self.statuses, *self.parameters, *self.bodies)

    @property
    def by_status(self) -> list[tuple[str, list[Item]]]:
        """Statuses in order, each with its media types under short names."""
        found: dict[str, list[Item]] = {}
        for item in self.statuses:
            status, _, media_type = item.name.partition(" ")
            found.setdefault(status, []).append(Item(short(media_type), item.count))
        return sorted(found.items())

    @property
    def unseen(self) -> list[str]:
        return [item.name for item in self.items if not item.count]

    @property
    def reasons(self) -> list[tuple[str, str]]:
        """What was never seen, and why."""
        met: Counter[str] = Counter()
        for item in (*self.statuses, *self.unknown):
            met[item.name.partition(" ")[0]] += item.count
        return [(name, why_not(name, +met, self.notes)) for name in self.unseen]


def short(media_type: str) -> str:
    """`application/vnd.cierre.session+json` → `session+json`."""
    return re.sub(r"^application/(vnd\.[^.+]+\.)?", "", media_type) or "empty"


@dataclass(frozen=True)
class Coverage:
    """The whole contract. `media_types` of answers and `languages`, over all operations."""

    operations: tuple[OperationCoverage, ...]
    media_types: tuple[Item, ...]
    languages: tuple[Item, ...] = field(default=())

    @property
    def share(self) -> float:
        """Seen items of all items, from 0 to 1."""
        counts = [item.count for operation in self.operations for item in operation.items]
        return sum(1 for count in counts if count) / len(counts) if counts else 1.0


def measure(document: Json, exchanges: Iterable[Exchange], labels: set[str] | None = None) -> Coverage:
    """Compare the contract with the traffic of a run; `labels` restricts it to some operations."""
    by_label: dict[str, list[Exchange]] = {}
    for seen in exchanges:
        by_label.setdefault(seen.operation, []).append(seen)
    measured = tuple(
        _operation(document, operation, by_label.get(operation.label, []))
        for operation in operations(document)
        if labels is None or operation.label in labels
    )
    everything = [seen for group in by_label.values() for seen in group]
    types = Counter(seen.media_type for seen in everything if seen.body)
    documented = dict.fromkeys(
        media_type
        for operation in operations(document)
        if labels is None or operation.label in labels
        for response in responses(document, operation).values()
        for media_type in response.get("content", {})
    )
    languages = Counter(value for seen in everything if (value := seen.header("content-language")))
    return Coverage(
        measured,
        tuple(Item(name, types[name]) for name in documented),
        tuple(Item(name, count) for name, count in sorted(languages.items())),
    )


def with_notes(coverage: Coverage, report: Report) -> Coverage:
    """The coverage with what the run says of its operations."""
    notes: dict[str, dict[str, None]] = {}
    for scenario in report.scenarios:
        # What one phase leaves out, another may have done.
        if scenario.note.startswith(GIVEN_UP):
            notes.setdefault(scenario.operation, {})[scenario.note] = None
    noted = (replace(one, notes=tuple(notes.get(one.label, ()))) for one in coverage.operations)
    return replace(coverage, operations=tuple(noted))


def _operation(document: Json, operation: Operation, seen: list[Exchange]) -> OperationCoverage:
    # Requests with another method are probes of the path, not of the operation.
    own = [one for one in seen if one.method.upper() == operation.method.upper()]
    promised = responses(document, operation)
    names = {status: _written(promised, status) for status in {one.status for one in seen}}
    met = Counter(_answer_name(names, one) for one in own if one.status != NO_ANSWER)
    refused = Counter(_answer_name(names, one) for one in seen if one.status == 405)
    documented = _documented(promised)
    return OperationCoverage(
        label=operation.label,
        name=operation.name,
        requests=len(own),
        statuses=tuple(Item(name, met[name] or refused[name]) for name in documented),
        parameters=tuple(_parameters(document, operation, own)),
        bodies=tuple(_bodies(document, operation, own)),
        unknown=tuple(Item(name, count) for name, count in sorted(met.items()) if name not in documented),
    )


def _documented(promised: dict[str, Json]) -> list[str]:
    return [
        f"{status} {media_type}".strip()
        for status, response in promised.items()
        for media_type in response.get("content") or [""]
    ]


def _written(promised: Iterable[str], status: int) -> str:
    """A status as the contract writes it: `404`, `4XX` or `default`; itself where the contract has none."""
    written = [one for one in promised if status_code_matches(one, status)]
    written.sort(key=lambda one: (one == "default", "X" in one.upper()))
    return written[0] if written else str(status)


def _answer_name(names: dict[int, str], seen: Exchange) -> str:
    return f"{names[seen.status]} {seen.media_type if seen.body else ''}".strip()


def _parameters(document: Json, operation: Operation, seen: list[Exchange]) -> Iterable[Item]:
    for parameter in parameters(document, operation):
        name, place = parameter["name"], parameter["in"]
        yield Item(f"{name} ({place})", sum(1 for one in seen if _sent(one, name, place)))


def _sent(seen: Exchange, name: str, place: str) -> bool:
    if place == "query":
        return name in _query_names(seen.url)
    if place == "cookie":
        return f"{name}=" in (seen.request_header("cookie") or "")
    return place == "path" or seen.request_header(name) is not None


@lru_cache(maxsize=8192)
def _query_names(url: str) -> frozenset[str]:
    """Each URL is asked for every parameter of its operation."""
    return frozenset(parse_qs(urlsplit(url).query, keep_blank_values=True))


def _bodies(document: Json, operation: Operation, seen: list[Exchange]) -> Iterable[Item]:
    """Media types of the body, and the properties that its schema names."""
    for media_type, content in (find(document, *operation.steps, "requestBody", "content") or {}).items():
        sent = [one for one in seen if (one.request_header("content-type") or "").startswith(media_type)]
        yield Item(f"{media_type} (body)", len(sent))
        schema = find(document, *operation.steps, "requestBody", "content", media_type, "schema") or content
        names = Counter(name for one in sent for name in _names(one))
        for name in schema.get("properties", {}):
            yield Item(f"{name} (body)", names[name])


def _names(seen: Exchange) -> Iterable[str]:
    try:
        value = orjson.loads(seen.request_body)
    except ValueError:
        return parse_qs(seen.request_body.decode("latin-1"), keep_blank_values=True)
    return value if isinstance(value, dict) else ()
