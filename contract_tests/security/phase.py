"""The phase of security: one step a check."""

from __future__ import annotations

import time
from collections.abc import Callable

from cierre.contract_tests import named
from cierre.contract_tests.findings import Scenario
from cierre.contract_tests.named import Named
from cierre.contract_tests.resources.phase import FROM_EXAMPLES
from cierre.contract_tests.run import SECURITY, Run
from cierre.contract_tests.security import (
    assignment,
    commands,
    fetching,
    growth,
    injection,
    keys,
    logins,
    origins,
    owners,
    people,
    roles,
)
from cierre.contract_tests.security.stage import Stage, stage_of
from cierre.phrases import Phrase

Check = Callable[[Stage], str]
# In this order: what may make a server slow or strange comes last.
STEPS: tuple[tuple[tuple[Named, ...], Check], ...] = (
    ((named.CORS,), origins.check),
    ((named.ENUMERATION,), logins.check_enumeration),
    ((named.WEAK_KEY,), keys.check),
    ((named.OWNERS,), owners.check),
    ((named.NAMED_USERS,), people.check_named),
    ((named.ROLES,), roles.check),
    ((named.GIVEN_ROLES,), people.check_roles),
    ((named.ASSIGNMENT,), assignment.check),
    ((named.SQL, named.NOSQL, named.TEMPLATE, named.TRAVERSAL), injection.check),
    ((named.COMMAND,), commands.check),
    ((named.SSRF,), fetching.check),
    ((named.GROWTH,), growth.check),
)


def explore(run: Run) -> None:
    """Take the steps that the run wants; without `--security` those that try nothing.

    Raises:
        CouldNotRun: a login is refused.
    """
    wanted = [
        (checks, check)
        for checks, check in STEPS
        if any(run.wants(one.name) and (run.options.security or not one.security) for one in checks)
    ]
    run.begin(SECURITY, len(wanted))
    stage = stage_of(run)
    if not run.examples_only:
        stage.look()
    for checks, check in wanted:
        if run.stopped:
            break
        _step(stage, checks, check)


def _step(stage: Stage, checks: tuple[Named, ...], check: Check) -> None:
    run, started = stage.run, time.monotonic()
    before, sent = len(run.report.findings), stage.calls.count
    stage.calls.start()
    stage.things.forget()
    why = FROM_EXAMPLES if run.examples_only else check(stage)
    run.done(
        Scenario(
            operation=", ".join(one.name for one in checks),
            phase=SECURITY,
            status="failure" if len(run.report.findings) > before else "skip" if why else "success",
            cases=stage.calls.count - sent,
            elapsed=time.monotonic() - started,
            note=why and Phrase("not reached: {why}", why=why),
        )
    )
