"""One seeded defect, and the lists in which each subject keeps its own."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal, TypeVar

from cierre import oas
from cierre.contract_tests.defects.proxy import Behaviour, Forward, ProxyRequest, ProxyResponse
from cierre.oas.structure import operations as operations_of

# Where a defect comes from: the first list; thought of later, without a look at the checks; looked for by somebody who
# had read the checks, where they left something out.
Origin = Literal["seeded", "independent", "gap"]
# Seconds that a client waits: more than a busy machine takes, where time is not the point.
PATIENCE = 30.0
_TEMPLATED = re.compile(r"\{[^{}]*\}")

ChangeResponse = Callable[[ProxyRequest, ProxyResponse], None]
MakeBehaviour = TypeVar("MakeBehaviour", bound=Callable[[], Behaviour])


@dataclass(frozen=True)
class Defect:
    """One fault of a server.

    Attributes:
        name: what is wrong, as a sentence.
        make: gives the function that answers instead; called for each run, so that nothing is remembered from the last.
        operations: those that it touches: a pattern for the operationId.
        sequences: only sequences of requests show it.
        patience: seconds that a client waits for an answer.
    """

    name: str
    make: Callable[[], Behaviour]
    operations: str = "*"
    sequences: bool = False
    origin: Origin = "seeded"
    patience: float = PATIENCE


@dataclass
class Subject:
    """The defects of one subject, in the order in which its decorators are used."""

    title: str
    defects: list[Defect] = field(default_factory=list)

    def response(
        self, name: str, operations: str, *, sequences: bool = False, origin: Origin = "seeded"
    ) -> Callable[[ChangeResponse], ChangeResponse]:
        """A defect that changes the responses of some operations."""

        def add(change: ChangeResponse) -> ChangeResponse:
            async def behaviour(request: ProxyRequest, forward: Forward) -> ProxyResponse:
                response = await forward(request)
                change(request, response)
                return response

            self._add(Defect(name, lambda: behaviour, operations, sequences, origin))
            return change

        return add

    def request(
        self,
        name: str,
        operations: str,
        *,
        sequences: bool = False,
        origin: Origin = "seeded",
        patience: float = PATIENCE,
    ) -> Callable[[Behaviour], Behaviour]:
        """A defect that handles the requests of some operations in a way of its own."""

        def add(behaviour: Behaviour) -> Behaviour:
            self._add(Defect(name, lambda: behaviour, operations, sequences, origin, patience))
            return behaviour

        return add

    def stateful(
        self, name: str, operations: str = "*", *, sequences: bool = True, origin: Origin = "seeded"
    ) -> Callable[[MakeBehaviour], MakeBehaviour]:
        """A defect that remembers what it saw in the same run: a class whose instances are behaviours."""

        def add(make: MakeBehaviour) -> MakeBehaviour:
            self._add(Defect(name, make, operations, sequences, origin))
            return make

        return add

    def _add(self, defect: Defect) -> None:
        def make() -> Behaviour:
            behaviour = defect.make()

            async def at_operations(request: ProxyRequest, forward: Forward) -> ProxyResponse:
                touched = any(pattern.fullmatch(request.path) for pattern in paths(defect.operations))
                return await (behaviour(request, forward) if touched else forward(request))

            return at_operations

        self.defects.append(replace(defect, make=make))


@cache
def paths(pattern: str) -> tuple[re.Pattern[str], ...]:
    """What matches the paths of the operations of Cierre's contract whose operationId matches."""
    document = oas.load()
    found = [one.path for one in operations_of(document) if fnmatch.fnmatchcase(one.name, pattern)]
    return tuple(re.compile(_TEMPLATED.sub("[^/]+", path)) for path in found)
