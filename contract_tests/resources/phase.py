"""The phase of the resources: the life of what an API keeps."""

from __future__ import annotations

import time

from cierre.contract_tests.findings import Scenario
from cierre.contract_tests.resources import preconditions
from cierre.contract_tests.resources.calls import Calls, User
from cierre.contract_tests.resources.life import Life
from cierre.contract_tests.resources.lists import Lists
from cierre.contract_tests.resources.model import Resource, resources_of
from cierre.contract_tests.resources.things import Things
from cierre.contract_tests.resources.values import Values
from cierre.contract_tests.run import RESOURCES, Run
from cierre.phrases import Phrase

FROM_EXAMPLES = Phrase("a mock answers from examples, and keeps nothing")


def explore(run: Run) -> None:
    """Follow a thing of each resource through its life.

    Raises:
        CouldNotRun: a login is refused.
    """
    found = resources_of(run.operations)
    run.begin(RESOURCES, len(found))
    things = things_of(run, RESOURCES, found, User(run.contract.entries))
    for resource in found:
        if run.stopped:
            break
        _resource(run, things, resource)


def things_of(run: Run, phase: str, resources: list[Resource], user: User) -> Things:
    """What makes the things of one user in a phase."""
    return Things(Calls(run, phase), Values(run.document, run.options.seed), resources, user)


def _resource(run: Run, things: Things, resource: Resource) -> None:
    started, before, sent = time.monotonic(), len(run.report.findings), things.calls.count
    note = FROM_EXAMPLES if run.examples_only else _follow(things, resource)
    status = "skip" if note else "success"
    run.done(
        Scenario(
            operation=resource.label,
            phase=RESOURCES,
            status="failure" if len(run.report.findings) > before else status,
            cases=things.calls.count - sent,
            elapsed=time.monotonic() - started,
            note=note and Phrase("not reached: {why}", why=note),
        )
    )


def _follow(things: Things, resource: Resource) -> str:
    """Follow a thing of the resource. Returns why there is none; empty where there is one."""
    life, why = Life(things, RESOURCES), ""
    things.calls.start()
    if resource.item:
        thing = things.make(resource)
        why = things.refused if thing is None else ""
        if thing is not None:
            life.follow(thing)
        things.calls.start()
        # Another one: what ignores a precondition may have deleted it.
        other = things.make(resource) if thing is not None and preconditions.named_in(life, resource) else None
        if other is not None:
            preconditions.check(life, other)
    if resource.list is not None:
        things.calls.start()
        Lists(life, resource, resource.list).check()
        why = why if resource.item else ""
    return why
