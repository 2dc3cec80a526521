"""Scenarios of a running mock: which are on, how far each is, and what they answer a request with."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cierre.mocks.answering.operation import MockedOperation
from cierre.mocks.answering.refusals import MOCK_FAILED, problem
from cierre.mocks.console.answers import MOST, Series, SetAnswer, asks_itself
from cierre.mocks.console.scenarios.matching import Seen
from cierre.mocks.console.scenarios.reading import Scenario, Step, read_scenarios
from cierre.mocks.console.scenarios.templates import Lazy, Unfilled, compiled
from cierre.mocks.console.setting import violations_of
from cierre.mocks.messages import MockRequest
from cierre.mocks.options import MockOptions
from cierre.mocks.preferences import Preferences
from cierre.oas.document import Document
from cierre.oas.errors import BrokenDocument, Problem
from cierre.phrases import Phrase

# A step that changes vars alone: the mock answers itself.
_ITSELF = SetAnswer({})


class _Run:
    """How far one scenario is for one session."""

    def __init__(self, scenario: Scenario) -> None:
        self.variables = dict(scenario.variables)
        # By step, and by what it counts apart.
        self._counts: OrderedDict[tuple[int, str], tuple[int, Series]] = OrderedDict()

    def next(self, number: int, step: Step, apart: str) -> tuple[int, SetAnswer | None]:
        """Which request of a step this one is, and the answer for it; None: it has none for it."""
        key = number, apart
        count, series = self._counts.get(key, (0, Series(step.answers)))
        count += 1
        self._counts[key] = count, series
        self._counts.move_to_end(key)
        if len(self._counts) > MOST:
            self._counts.popitem(last=False)
        if step.every and count % step.every:
            return count, None
        return count, series.take() if step.answers else _ITSELF


class Scenarios:
    """Of one mock.

    Args:
        files: that they are in.
        document: that they answer from.
        options: of the mock.
        state: what the mock keeps, as templates see it.

    Raises:
        BrokenDocument: a file has mistakes, or does not fit the document.

    Attributes:
        files: that they are in.
        known: all of them, in the order of the files.
    """

    def __init__(
        self,
        files: Sequence[Path],
        document: Document,
        options: MockOptions,
        state: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        self.files = tuple(files)
        self._options, self._state = options, state
        self.known: tuple[Scenario, ...] = ()
        # Of each session what is on for it; "": of those that have none of their own.
        self._on: dict[str, frozenset[str]] = {}
        self._runs: OrderedDict[tuple[str, str], _Run] = OrderedDict()
        self._document: Document | None = None
        self.install(document)

    def install(self, document: Document) -> None:
        """Read the files again, for this document; what is on stays on, and begins anew.

        Raises:
            BrokenDocument: a file has mistakes, or does not fit the document: nothing has changed.
        """
        if document is self._document:
            return
        found = [one for file in self.files for one in read_scenarios(file, document, self._options)]
        names = [one.name for one in found]
        twice = [one for number, one in enumerate(found) if one.name in names[:number]]
        if twice:
            message = Phrase("another scenario has this name: give each its own")
            raise BrokenDocument([Problem(one.place, message) for one in twice])
        before = {one.name for one in self.known}
        begun = {one.name for one in found if one.begins_on and one.name not in before}
        self._on[""] = (self._on.get("", frozenset()) | begun) & frozenset(names)
        self.known, self._document = tuple(found), document
        self._runs.clear()

    def on(self, session: str) -> frozenset[str]:
        """The names of those that are on for a session."""
        return self._on.get(session, self._on[""])

    def switch(self, names: frozenset[str], session: str = "") -> None:
        """Let these be on from now on, from their beginning, and no others.

        Args:
            names: of known ones.
            session: whose requests are meant; "": those of everybody without an own choice.
        """
        if session and session not in self._on and len(self._on) >= MOST:
            del self._on[next(one for one in self._on if one)]
        self._on[session] = names
        self.reset(session)

    def reset(self, session: str = "") -> None:
        """Let those that are on begin anew; with a session for it alone."""
        for key in [key for key in self._runs if not session or key[0] == session]:
            del self._runs[key]

    def take(
        self, operation: MockedOperation, request: MockRequest, path: Mapping[str, str], preferences: Preferences
    ) -> SetAnswer | None:
        """The answer for a request; None where no scenario has one.

        Args:
            operation: of the request.
            request: that is counted by this.
            path: name → text of its path parameters.
            preferences: of the request: where it asks for a status or an example itself, it gets that.
        """
        session = request.session
        on = self.on(session)
        if not on or asks_itself(preferences):
            return None
        seen: Seen | None = None
        for scenario in self.known:
            if scenario.name not in on:
                continue
            for number, step in enumerate(scenario.steps):
                if operation.name not in step.operations:
                    continue
                seen = seen or Seen(request, path)
                found = self._of_step(operation, seen, self._run(session, scenario), scenario, number)
                if found is not None:
                    return found
        return None

    def _run(self, session: str, scenario: Scenario) -> _Run:
        key = session, scenario.name
        run = self._runs.get(key)
        if run is None:
            run = self._runs[key] = _Run(scenario)
            if len(self._runs) > MOST:
                self._runs.popitem(last=False)
        return run

    def _of_step(
        self, operation: MockedOperation, seen: Seen, run: _Run, scenario: Scenario, number: int
    ) -> SetAnswer | None:
        step = scenario.steps[number]
        source = f"scenario {scenario.name}, step {number + 1}"
        values = {**seen.values(), "vars": run.variables, "state": Lazy(self._state)}
        try:
            if not step.when.fits(seen, values):
                return None
            apart = step.per.text(values) if step.per is not None else ""
            values["call"], answer = run.next(number, step, apart)
            if answer is None:
                return None
            fill = compiled(step.changes)
            run.variables |= fill(values) if fill is not None else step.changes
            return self._filled(operation, step, answer, values, source)
        except Unfilled as mistake:
            return _failed(f"{source} ({step.place}): {mistake}", source)

    def _filled(
        self, operation: MockedOperation, step: Step, answer: SetAnswer, values: Mapping[str, Any], source: str
    ) -> SetAnswer:
        fill = step.fillers.get(id(answer))
        given = answer.given if fill is None else fill(values)
        violations = violations_of(operation.document, operation.selector, given) if "body" in given else ()
        return SetAnswer(given, violations=violations, source=source)


def _failed(detail: str, source: str) -> SetAnswer:
    """An answer that says why a scenario has none."""
    reply = problem(MOCK_FAILED, detail)
    headers = {name.decode("latin-1"): text.decode("latin-1") for name, text in reply.headers}
    return SetAnswer({"status": reply.status, "headers": headers}, content=reply.body, source=source)
