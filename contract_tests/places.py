"""The parts of a request, and the requests that made a server fail."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from schemathesis.core import NOT_SET
from schemathesis.core.failures import Failure
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.generation.case import Case
from schemathesis.generation.meta import CONTENT_TYPE_PROBES, coverage_scenario

from cierre.contract_tests.shrink import Failing

# Where a case keeps the parameters of each place.
CONTAINERS = {"path": "path_parameters", "query": "query", "header": "headers", "cookie": "cookies"}
# A container of a case, or `body`, and a name in it; the whole body has none.
Part = tuple[str, str]
BODY: Part = ("body", "")
METHOD = "the method"
CONTENT_TYPE = "Content-Type (header)"
SUCCESS, NO_SUCCESS = 200, 300
# Failing requests of an operation that are looked at, and of one error in it without a parameter of its own.
MOST, MOST_ALIKE = 40, 12


def part_name(part: Part) -> str:
    """The part as coverage names it: `limit (query)`."""
    container, name = part
    place = next((place for place, one in CONTAINERS.items() if one == container), container)
    return f"{name} ({place})" if name else "the body"


def parts_that_differ(case: Case[Any], other: Case[Any]) -> list[Part]:
    """Parts whose values differ between two cases of one operation."""
    found: list[Part] = []
    for container in CONTAINERS.values():
        mine, theirs = getattr(case, container) or {}, getattr(other, container) or {}
        names = dict.fromkeys([*mine, *theirs])
        found += [(container, name) for name in names if not _alike(mine.get(name), theirs.get(name))]
    if isinstance(case.body, dict) and isinstance(other.body, dict):
        names = dict.fromkeys([*case.body, *other.body])
        found += [
            ("body", str(name))
            for name in names
            if not _alike(case.body.get(name, NOT_SET), other.body.get(name, NOT_SET))
        ]
    elif not _alike(case.body, other.body):
        found.append(BODY)
    return found


def with_parts_of(case: Case[Any], other: Case[Any], parts: list[Part]) -> Case[Any]:
    """A case with the values that `other` has in these parts."""
    made = case.derive(keep_auth=True)
    for container, name in parts:
        if (container, name) == BODY:
            made.body, made.media_type = other.body, other.media_type
            continue
        values, theirs = dict(getattr(made, container) or {}), getattr(other, container) or {}
        values.pop(name, None)
        if name in theirs:
            values[name] = theirs[name]
        _put(made, container, values)
    return made


def _put(case: Case[Any], container: str, values: dict[str, Any]) -> None:
    if container == "headers":
        case.headers.clear()
        case.headers.update(values)
    else:
        setattr(case, container, values)


def _alike(one: Any, other: Any) -> bool:
    if one is NOT_SET or other is NOT_SET:
        return one is other
    try:
        return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    except (TypeError, ValueError):
        return repr(one) == repr(other)


@dataclass
class Crashes:
    """Requests that made a server fail.

    Attributes:
        cases: of each operation, with what each error says; the most different ones are kept.
        known: id of a case → the parts that are known to matter, since nothing else of it is unusual.
        good: of each operation, a case that succeeded.
        bad_base: operation → whether its well-formed request makes the server fail.
    """

    cases: dict[str, list[tuple[str, Failing]]] = field(default_factory=dict)
    known: dict[str, frozenset[str]] = field(default_factory=dict)
    good: dict[str, Case[Any]] = field(default_factory=dict)
    bad_base: dict[str, bool] = field(default_factory=dict)
    _sizes: dict[str, int] = field(default_factory=dict)
    _hints: dict[str, dict[tuple[str, ...], int]] = field(default_factory=dict)

    def keep(self, recorder: ScenarioRecorder, case_id: str, said: str, check: str, failure: Failure) -> None:
        """Keep a generated case, unless there are enough like it."""
        case, response = recorder.cases[case_id].value, recorder.interactions[case_id].response
        if response is None or self.places(case):
            return
        label = case.operation.label
        data = case.meta.phase.data if case.meta is not None else None
        parameter = str(getattr(data, "parameter", None) or "")
        hints, hint = self._hints.setdefault(label, {}), (said, parameter)
        hints[hint] = hints.get(hint, 0) + 1
        kept = self.cases.setdefault(label, [])
        if hints[hint] <= (2 if parameter else MOST_ALIKE) and len(kept) < MOST:
            kept.append((said, Failing(case, check, failure, response)))

    def learn(self, recorder: ScenarioRecorder) -> None:
        """Keep the smallest case of a scenario that succeeded."""
        for case_id, interaction in recorder.interactions.items():
            answer, case = interaction.response, recorder.cases[case_id].value
            if answer is None or not SUCCESS <= answer.status_code < NO_SUCCESS:
                continue
            label, size = case.operation.label, len(interaction.request.uri) + (interaction.request.body_size or 0)
            smallest = self._sizes.get(label)
            if case.method.upper() == case.operation.method.upper() and (smallest is None or size < smallest):
                self.good[label], self._sizes[label] = case, size

    def places(self, case: Case[Any]) -> frozenset[str]:
        """The parts of a case that are known to matter; empty where nobody knows."""
        if case.method.upper() != case.operation.method.upper():
            return frozenset({METHOD})
        if coverage_scenario(case) in CONTENT_TYPE_PROBES:
            return frozenset({CONTENT_TYPE})
        return self.known.get(case.id, frozenset())
