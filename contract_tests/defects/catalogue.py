"""The list of defects: a name, the operations that it touches, and what is done wrong."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from functools import cache

from cierre import oas
from cierre.contract_tests.defects.proxy import Behaviour, Defect, Forward, Reply, Request
from cierre.contract_tests.documents import operations as operations_of

DEFECTS: list[Defect] = []
# Thought of after the first list was done, as somebody would who had not seen it.
STRANGERS: list[Defect] = []
# Looked for where the checks left something out, by somebody who had read them.
GAPS: list[Defect] = []

Spoil = Callable[[Request, Reply], None]


@cache
def paths(pattern: str) -> frozenset[str]:
    """The paths of the operations whose operationId matches."""
    document = oas.load()
    return frozenset(one.path for one in operations_of(document) if fnmatch.fnmatchcase(one.name, pattern))


def answer(
    operations: str, name: str, into: list[Defect] = DEFECTS, *, rules: bool = False
) -> Callable[[Spoil], Spoil]:
    """Register a defect that changes the answer and nothing else; `rules`: only sequences of requests show it."""

    def register(spoil: Spoil) -> Spoil:
        async def behaviour(request: Request, forward: Forward) -> Reply:
            reply = await forward(request)
            if request.path in paths(operations):
                spoil(request, reply)
            return reply

        into.append(Defect(name, operations, rules=rules, make=lambda: behaviour))
        return spoil

    return register


def request(
    operations: str, name: str, into: list[Defect] = DEFECTS, *, rules: bool = False, patience: float = 30.0
) -> Callable[[Behaviour], Behaviour]:
    """Register a defect that handles the request in a way of its own; `rules`: only sequences of requests show it."""

    def register(behaviour: Behaviour) -> Behaviour:
        async def there(request: Request, forward: Forward) -> Reply:
            return await (behaviour(request, forward) if request.path in paths(operations) else forward(request))

        into.append(Defect(name, operations, rules=rules, make=lambda: there, patience=patience))
        return behaviour

    return register


def sequence(name: str, into: list[Defect] = DEFECTS) -> Callable[[Callable[[], Behaviour]], Callable[[], Behaviour]]:
    """Register a defect that remembers: only sequences of requests show it."""

    def register(make: Callable[[], Behaviour]) -> Callable[[], Behaviour]:
        into.append(Defect(name, "*", rules=True, make=make))
        return make

    return register
