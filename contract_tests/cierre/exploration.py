"""Playing with the rules of closing a session: the scripts first, then what Hypothesis thinks of."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any, ClassVar

import requests
from hypothesis import HealthCheck, Phase, reject, seed, settings
from hypothesis.errors import HypothesisException
from hypothesis.stateful import initialize, run_state_machine_as_test
from schemathesis.generation.hypothesis.reporting import ignore_hypothesis_output

from cierre.contract_tests.auth import tokens_in
from cierre.contract_tests.cierre.client import BrokenRule, Client
from cierre.contract_tests.cierre.rules import ELSEWHERE, Rules
from cierre.contract_tests.cierre.scripts import Script, play, scripts
from cierre.contract_tests.exchanges import Exchange, command
from cierre.contract_tests.findings import Finding, Scenario
from cierre.contract_tests.secrets import Secrets

if TYPE_CHECKING:
    from schemathesis.specs.openapi.schemas import OpenApiSchema

    from cierre.contract_tests.plan import Users
    from cierre.contract_tests.runner import Run

# What the rules call; a document without one of these is tested without rules.
NEEDED = frozenset(
    {
        "login",
        "logout",
        "logout_by_refresh_token",
        "logout_by_user_token",
        "list_sessions",
        "get_session",
        "refresh",
        "change_password",
        "force_logout",
        "list_audit_events",
        "introspect_token",
        "revoke_token",
        "exchange_token",
        "jwks",
    }
)
# The demo's clients, and the dialect that each is registered with.
PINNED = {"demo-session": "session", "demo-envelope": "envelope", "demo-respuesta": "respuesta"}
STEPS = 20
# Seconds of shrinking: a step of the machine is several requests and perhaps a login.
SHRINKING = 45.0


def explore(run: Run, schema: OpenApiSchema, users: Users) -> None:
    """Run the state machine, unless the document or the server is not made for it."""
    run.listener.phase("rules", 1)
    started = time.monotonic()
    before = len(run.report.exchanges), len(run.report.findings)
    note = _play(run, schema, users)
    failed = len(run.report.findings) > before[1]
    run.done(
        Scenario(
            operation="the rules of closing a session",
            phase="rules",
            status="skip" if note else "failure" if failed else "success",
            cases=len(run.report.exchanges) - before[0],
            elapsed=time.monotonic() - started,
            note=note,
        )
    )


def _play(run: Run, schema: OpenApiSchema, users: Users) -> str:
    """Returns why the rules could not be played; empty where they were."""
    missing = NEEDED - {operation.name for operation in run.operations}
    if missing:
        return f"without {', '.join(sorted(missing))}"
    if not run.decides:
        return "the server answers from examples"
    broken: list[BrokenRule] = []
    try:
        machine = _machine(Client(run, schema, broken), users)
        for script in scripts():
            if not run.stopped:
                _script(run, machine, script, broken)
        if not run.stopped:
            _chance(run, machine, broken)
    except BrokenRule as first:
        _found(run, [first])
    except requests.RequestException as problem:
        run.report.errors.append(f"the rules of closing a session: {problem}")
    return ""


def _machine(client: Client, users: Users) -> type[Rules]:
    known: dict[str, str | None] = {}
    for name, dialect in PINNED.items():
        body = {"username": users.user, "password": users.password, "clientId": name}
        if client.call("login", json=body).status == 200:
            known[name] = dialect
    asked = client.call("introspect_token", data={"token": "none"}, basic=(users.client, users.client_secret))
    # The list of origins that drives CORS decides who is foreign.
    greeting = client.call("login", json={"username": users.user, "password": ""}, headers={"Origin": ELSEWHERE})
    members: dict[str, Any] = {
        "elsewhere_is_foreign": "access-control-allow-origin" not in greeting.headers,
        "make_client": staticmethod(lambda: Client(client.run, client.schema, client.broken)),
        "users": users,
        "host_dialect": "session",
        "clients": known,
        "introspects": asked.status == 200,
    }
    return type("RulesOfThisRun", (Rules,), members)


def _script(run: Run, machine: type[Rules], script: Script, broken: list[BrokenRule]) -> None:
    broken.clear()
    try:
        play(machine(), script)
    except BrokenRule:
        _found(run, broken)


def _chance(run: Run, machine: type[Rules], broken: list[BrokenRule]) -> None:
    """Sequences that Hypothesis makes up, and shrinks for a while."""
    broken.clear()

    class Bounded(machine):  # type: ignore[misc,valid-type]
        began: ClassVar[float] = 0.0

        @initialize()
        def nobody_is_logged_in(self) -> None:
            if broken and not Bounded.began:
                Bounded.began = time.monotonic()
            if Bounded.began and time.monotonic() - Bounded.began > SHRINKING:
                reject()
            super().nobody_is_logged_in()

    wanted = settings(
        max_examples=max(2, run.options.examples // 10),
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate] if run.options.fail_fast else [Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    seed(run.options.seed)(Bounded)
    # What broke is in `broken`; how Hypothesis sums it up does not matter.
    with contextlib.suppress(BrokenRule, HypothesisException, BaseExceptionGroup), ignore_hypothesis_output():
        run_state_machine_as_test(Bounded, settings=wanted)
    if broken:
        _found(run, broken)


def _found(run: Run, broken: list[BrokenRule]) -> None:
    """The shortest sequence of those that broke a rule."""
    worst = min(broken, key=lambda one: len(one.trace))
    run.found(
        Finding(
            operation=worst.operation,
            phase="rules",
            check="the_rules_of_closing_a_session",
            title=worst.message.split("\n")[0],
            message=run.ring.secrets.hide(worst.message),
            clause=worst.clause,
            curl=sequence(worst.trace, run.ring.secrets),
            exchange=worst.trace[-1],
        )
    )


def sequence(trace: tuple[Exchange, ...], secrets: Secrets) -> str:
    """Shell lines that send the whole sequence again, each token kept in a variable of its own."""
    lines = secrets.preparation(*(seen.text for seen in trace))
    for seen in trace:
        try:
            told = list(tokens_in(json.loads(seen.body)))
        except (ValueError, RecursionError):
            told = []
        sent = command(seen, secrets)
        if not told:
            lines.append(sent)
            continue
        lines.append(f"ANSWER=$({sent.replace('curl -i', 'curl -s', 1)})")
        for _, (path, value) in told:
            if value in secrets.names:
                lines.append(f"{secrets.names[value]}=$(echo \"$ANSWER\" | jq -r '{path}')")
    return "\n".join(lines)
