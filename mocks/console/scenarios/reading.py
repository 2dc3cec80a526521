"""A file of scenarios, read and held to its schema and to the document; every mistake with file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cierre.mocks.answering.selection import NotDocumented
from cierre.mocks.console import operations
from cierre.mocks.console.answers import SetAnswer
from cierre.mocks.console.scenarios.matching import When
from cierre.mocks.console.scenarios.schema import schema
from cierre.mocks.console.scenarios.templates import Expression, Filler, Unfilled, compiled
from cierre.mocks.console.setting import read_answer
from cierre.mocks.options import MockOptions
from cierre.mocks.preferences import nearest
from cierre.oas.document import Document
from cierre.oas.errors import BrokenDocument, Problem
from cierre.oas.pointers import pointer
from cierre.oas.side_files import SideFile, schema_problems
from cierre.oas.structure import Operation
from cierre.phrases import Phrase

RULE = "scenario"
_SHOWN = 10


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a scenario.

    Attributes:
        place: `scenario.yaml:7:9`.
        operations: the names of those that it is for.
        when: what a request must have.
        every: only every so manieth request that fits; 0: each.
        per: what requests are counted apart by; None: nothing.
        changes: new values of vars.
        answers: that it gives, with their texts as they are written.
        fillers: what fills in the texts of an answer, by its `id`; none for one without any.
    """

    place: str
    operations: frozenset[str]
    when: When
    every: int
    per: Expression | None
    changes: Mapping[str, Any]
    answers: tuple[SetAnswer, ...]
    fillers: Mapping[int, Filler]


@dataclass(frozen=True, eq=False)
class Scenario:
    """One scenario of a file.

    Attributes:
        begins_on: it is on from the start.
        variables: name → first value.
    """

    name: str
    description: str
    place: str
    begins_on: bool
    variables: Mapping[str, Any]
    steps: tuple[Step, ...]


def read_scenarios(file: Path, document: Document, options: MockOptions) -> list[Scenario]:
    """The scenarios of a file.

    Args:
        file: YAML or JSON.
        document: that they answer from.
        options: of the mock.

    Raises:
        BrokenDocument: with every mistake of it.
    """
    side = SideFile(file, RULE)
    broken = schema_problems(side.value, schema(), side.place, rule=RULE)
    if broken:
        raise BrokenDocument(broken)
    reader = _Reader(side, document, options)
    found = [reader.scenario(str(name), one) for name, one in side.value["scenarios"].items()]
    if reader.problems:
        raise BrokenDocument(reader.problems)
    return found


class _Reader:
    def __init__(self, side: SideFile, document: Document, options: MockOptions) -> None:
        self._place, self._document, self._options = side.place, document, options
        self.problems: list[Problem] = []

    def _add_problem(self, where: str, message: str) -> None:
        self.problems.append(Problem(self._place(where), Phrase.of(message), where, RULE))

    def scenario(self, name: str, written: Mapping[str, Any]) -> Scenario:
        """A scenario that the schema accepts; what else is wrong with it is added to the problems."""
        where = pointer("scenarios", name)
        steps = [self._step(f"{where}/steps/{number}", step) for number, step in enumerate(written["steps"])]
        return Scenario(
            name,
            str(written.get("description", "")),
            self._place(where),
            written.get("on", True),
            written.get("vars", {}),
            tuple(step for step in steps if step is not None),
        )

    def _step(self, where: str, written: Mapping[str, Any]) -> Step | None:
        known = list(self._operations(f"{where}/operation", written["operation"]))
        answers = [SetAnswer(one) for one in written.get("answers", [])]
        for number, one in enumerate(answers):
            self._check_answer(f"{where}/answers/{number}", one.given, known)
        try:
            at = f"{where}/when"
            when = When(written.get("when", {}))
            at = f"{where}/per"
            per = Expression(written["per"]) if "per" in written else None
            at = f"{where}/set"
            compiled(written.get("set", {}))
            fillers = {}
            for number, one in enumerate(answers):
                at = f"{where}/answers/{number}"
                fill = compiled(one.given)
                if fill is not None:
                    fillers[id(one)] = fill
        except Unfilled as mistake:
            self._add_problem(at, str(mistake))
            return None
        names = frozenset(one.name for one in known)
        changes = written.get("set", {})
        return Step(self._place(where), names, when, written.get("every", 0), per, changes, tuple(answers), fillers)

    def _operations(self, where: str, written: Any) -> Iterator[Operation]:
        for name in written if isinstance(written, list) else [written]:
            found = operations.find(self._document, name)
            if found is None:
                known = [one for operation in self._document.operations() for one in (operation.name, operation.label)]
                self._add_problem(where, f"the document has no operation {name!r}; {_nearest(name, known)}")
            else:
                yield found

    def _check_answer(self, where: str, given: Mapping[str, Any], known: list[Operation]) -> None:
        for operation in known:
            try:
                read_answer(self._document, operation, given, self._options)
            except NotDocumented as error:
                self._add_problem(where, f"{operation.name}: {error}; it has: {', '.join(error.known) or 'none'}")
            except ValueError as error:
                self._add_problem(where, f"{operation.name}: {error}")


def _nearest(name: str, known: list[str]) -> str:
    said = nearest(name, dict.fromkeys(known))
    return said if said.startswith("did") else nearest(name, list(dict.fromkeys(known))[:_SHOWN])
