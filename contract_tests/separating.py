"""Server errors that say the same and have different causes: distinguished by the part of the request that causes each.

The parts of a failing request are replaced by those of a good one, one after the other; what must stay for the error
to come is its cause. A request that fails with the known causes replaced has another one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import requests
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.specs.openapi.schemas import OpenApiSchema

from cierre.contract_tests.places import Part, part_name, parts_that_differ, with_parts_of
from cierre.contract_tests.probes.cases import generated, well_formed
from cierre.contract_tests.run import Run
from cierre.contract_tests.sentences import SERVER_ERRORS
from cierre.contract_tests.shrink import Failing
from cierre.contract_tests.silence import Unanswered
from cierre.oas.structure import Operation

# Requests that an operation's errors are worth, and causes that are looked for.
BUDGET, MOST_CAUSES = 200, 5


def separate(run: Run, schema: OpenApiSchema) -> None:
    """Find the causes of the server errors that generated requests met, and report each as a finding of its own."""
    for operation in run.operations:
        kept = run.crashes.cases.get(operation.label)
        if kept and not run.stopped:
            _Separation(run, schema, operation).report(kept)


class _Separation:
    """The causes of the errors of one operation."""

    def __init__(self, run: Run, schema: OpenApiSchema, operation: Operation) -> None:
        self.run, self.left = run, BUDGET
        good = run.crashes.good.get(operation.label)
        self.good = good or well_formed(run, schema, operation, generated(run, schema, operation))

    def report(self, kept: list[tuple[str, Failing]]) -> None:
        """Report the causes of the failing cases."""
        good = self.good
        answer = self._call(good.derive(keep_auth=True))
        if answer is None or answer.status_code >= SERVER_ERRORS:
            # Each request fails: there is nothing to distinguish.
            return
        placed: set[int] = set()
        for said in dict.fromkeys(said for said, _ in kept):
            for parts, failing in self._causes([one for text, one in kept if text == said], good):
                places = frozenset(map(part_name, parts))
                for at in self.run.crashes_like(failing)[:1]:
                    if at in placed:
                        self.run.another(at, failing, places)
                    else:
                        placed.add(at)
                        self.run.place(at, failing, places)

    def _causes(self, cases: list[Failing], good: Case[Any]) -> Iterator[tuple[list[Part], Failing]]:
        known: list[Part] = []
        found = 0
        for one in cases:
            if self.left <= 0 or found >= MOST_CAUSES:
                return
            cured = with_parts_of(one.case, good, known)
            failing = self._failing(one, cured)
            if failing is None:
                continue
            parts, failing = self._smallest(failing, good)
            # What takes several parts together is found once; its parts are not the known causes of others.
            if parts:
                found += 1
                known += parts if len(parts) == 1 else []
                yield parts, replace(failing, only=frozenset(parts))

    def _smallest(self, failing: Failing, good: Case[Any]) -> tuple[list[Part], Failing]:
        """The parts without which the error does not come, and a case that differs from a good one in them alone."""
        parts = parts_that_differ(failing.case, good)
        for part in list(parts):
            smaller = self._failing(failing, with_parts_of(failing.case, good, [part]))
            if smaller is not None:
                failing = smaller
                parts.remove(part)
        return parts, failing

    def _failing(self, one: Failing, case: Case[Any]) -> Failing | None:
        """The case with its answer, where it is an error of the server."""
        response = self._call(case)
        if response is None or response.status_code != one.response.status_code:
            return None
        return replace(one, case=case, response=response)

    def _call(self, case: Case[Any]) -> Response | None:
        if self.left <= 0:
            return None
        self.left -= 1
        try:
            response = case.call(headers=self.run.contract.headers)
        except (requests.RequestException, ValueError):
            return None
        return None if isinstance(response, Unanswered) else response
