"""The phase of the state machine: the scripts first, then sequences that Hypothesis makes up."""

from __future__ import annotations

import contextlib
import time
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, reject, seed, settings
from hypothesis.errors import HypothesisException
from hypothesis.stateful import initialize, run_state_machine_as_test
from schemathesis.generation.hypothesis.reporting import ignore_hypothesis_output
from schemathesis.specs.openapi.schemas import OpenApiSchema

from cierre.contract_tests.cierre.accounts import LIMITED_TOKEN, Accounts
from cierre.contract_tests.cierre.client import PHASE, BrokenRule, Client, Silence
from cierre.contract_tests.cierre.machine.base import FOREIGN_ORIGIN
from cierre.contract_tests.cierre.machine.machine import SessionMachine
from cierre.contract_tests.cierre.scripts import Script, run_script, scripts
from cierre.contract_tests.exchanges import files, sequence
from cierre.contract_tests.findings import Finding, Scenario
from cierre.contract_tests.run import Run

# What the state machine calls; a document without one of these is tested without it.
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
REGISTERED = {"demo-session": "session", "demo-envelope": "envelope", "demo-respuesta": "respuesta"}
SCENARIO = "the rules of closing a session"
CHECK = "the_rules_of_closing_a_session"
# Steps of a sequence that Hypothesis makes up.
STEPS = 20
# Seconds of shrinking: a step of the machine is several requests and perhaps a login.
SHRINKING = 45.0


def explore(run: Run, schema: OpenApiSchema, accounts: Accounts) -> None:
    """Run the state machine, unless the document or the server is not made for it."""
    run.begin(PHASE, 1)
    started = time.monotonic()
    requests_before, findings_before = len(run.report.exchanges), len(run.report.findings)
    note = _obstacle(run)
    if not note:
        _explore(run, schema, accounts)
    failed = len(run.report.findings) > findings_before
    run.done(
        Scenario(
            operation=SCENARIO,
            phase=PHASE,
            status="skip" if note else "failure" if failed else "success",
            cases=len(run.report.exchanges) - requests_before,
            elapsed=time.monotonic() - started,
            note=note,
        )
    )


def _obstacle(run: Run) -> str:
    """Why the state machine cannot run; empty where it can."""
    missing = NEEDED - {operation.name for operation in run.operations}
    if missing:
        return f"without {', '.join(sorted(missing))}"
    return "the server answers from examples" if run.examples_only else ""


def _explore(run: Run, schema: OpenApiSchema, accounts: Accounts) -> None:
    broken: list[BrokenRule] = []
    try:
        machine = _machine(Client(run, schema, broken), accounts)
        for script in scripts():
            if not run.stopped:
                _run_script(run, machine, script, broken)
        if not run.stopped:
            _run_made_up(run, machine, broken)
    except BrokenRule as first:
        report_broken(run, [first])
    except Silence as problem:
        run.report.errors.append(f"{SCENARIO}: {problem} got no answer")


def _machine(client: Client, accounts: Accounts) -> type[SessionMachine]:
    """The state machine with what must be known of the server first."""
    login = {"username": accounts.user, "password": accounts.password}
    clients: dict[str, str | None] = {
        name: dialect
        for name, dialect in REGISTERED.items()
        if client.call("login", json={**login, "clientId": name}).status == 200
    }
    confidential = (accounts.client, accounts.client_secret)
    introspection = client.call("introspect_token", data={"token": "none"}, basic=confidential)
    limited = client.call("introspect_token", data={"token": LIMITED_TOKEN}, basic=confidential)
    # The origins that CORS allows are those that the server trusts.
    refused = client.call("login", json={**login, "password": ""}, headers={"Origin": FOREIGN_ORIGIN})
    members: dict[str, Any] = {
        "make_client": staticmethod(lambda: Client(client.run, client.schema, client.broken)),
        "accounts": accounts,
        "host_dialect": "session",
        "clients": clients,
        "introspects": introspection.status == 200,
        "knows_limited_token": limited.status == 200 and limited.at("active"),
        "origin_is_foreign": "access-control-allow-origin" not in refused.headers,
    }
    return type("SessionMachineOfThisRun", (SessionMachine,), members)


def _run_script(run: Run, machine: type[SessionMachine], script: Script, broken: list[BrokenRule]) -> None:
    broken.clear()
    try:
        run_script(machine(), script)
    except BrokenRule:
        report_broken(run, broken)
    except Silence:
        # It is a finding already; the other scripts are as good as before.
        return


def _run_made_up(run: Run, machine: type[SessionMachine], broken: list[BrokenRule]) -> None:
    """Sequences that Hypothesis makes up, and shrinks for a while."""
    broken.clear()
    silences = run.line.silences

    class Bounded(machine):  # type: ignore[misc,valid-type]
        shrinking_since: ClassVar[float] = 0.0

        @initialize()
        def begin(self) -> None:
            if run.line.silences > silences:
                # Nothing is gained by a server that is cut off again and again.
                reject()
            if broken and not Bounded.shrinking_since:
                Bounded.shrinking_since = time.monotonic()
            if Bounded.shrinking_since and time.monotonic() - Bounded.shrinking_since > SHRINKING:
                reject()
            super().begin()

    chosen = settings(
        max_examples=max(2, run.options.examples // 10),
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate] if run.options.fail_fast else [Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    seed(run.options.seed)(Bounded)
    # What was found is in `broken`, whatever Hypothesis raises in the end.
    with contextlib.suppress(BrokenRule, Silence, HypothesisException, BaseExceptionGroup), ignore_hypothesis_output():
        run_state_machine_as_test(Bounded, settings=chosen)
    if broken:
        report_broken(run, broken)


def report_broken(run: Run, broken: list[BrokenRule]) -> None:
    """Report the shortest sequence of those that broke a rule."""
    shortest = min(broken, key=lambda one: len(one.exchanges))
    run.found(
        Finding(
            operation=shortest.operation,
            phase=PHASE,
            check=CHECK,
            title=shortest.message.split("\n")[0],
            message=run.secrets.hide(shortest.message),
            clause=shortest.clause,
            curl=sequence(shortest.exchanges, run.secrets),
            exchange=shortest.exchanges[-1],
            files=files(*shortest.exchanges, secrets=run.secrets),
        )
    )
