"""The phase of the limits: quotas are spent on purpose, and each refusal is held to what the contract says of it."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any

from schemathesis.core.transport import Response
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.generation.case import Case
from schemathesis.specs.openapi.schemas import OpenApiSchema

from cierre.contract_tests.auth.presenting import credentials_for
from cierre.contract_tests.clauses import BrokenClause
from cierre.contract_tests.findings import Scenario
from cierre.contract_tests.limit_fields import LimitState, limit_states, seconds
from cierre.contract_tests.negotiation import variations
from cierre.contract_tests.probes.cases import generated, well_formed
from cierre.contract_tests.probes.sending import failed, send_checked
from cierre.contract_tests.recorded import sent
from cierre.contract_tests.run import LIMITS, Run
from cierre.oas.navigation import find, pointer, security
from cierre.oas.structure import Operation

TOO_MANY = 429
# Requests that are sent where no quota is announced, and the most of one that is.
GUESSED, MOST = 250, 1000
# Requests that a quota may let through beyond what it announces: its window moves on while it is spent.
SPARE = 0.1
# Seconds that a run waits to see whether a limit lets it in again.
LONGEST_WAIT = 5.0
# Operations without a limit that must stay open.
UNLIMITED = 3
_RETRY_AFTER = "Retry-After"


def spend(run: Run, schema: OpenApiSchema) -> None:
    """Spend the quota of each operation that names 429."""
    limited = [one for one in run.operations if str(TOO_MANY) in one.node["responses"]]
    run.begin(LIMITS, len(limited))
    run.line.spending = True
    for operation in limited:
        if run.stopped:
            break
        # Each from an address of its own, where there are several: what one spends is not what another has.
        run.line.addresses.change()
        recorder, started, before = ScenarioRecorder(label=operation.label), time.monotonic(), len(run.report.findings)
        spending = Spending(run, schema, operation, recorder)
        try:
            spending.run_out()
        finally:
            run.record(recorder, LIMITS)
        status = "failure" if len(run.report.findings) > before else "success" if spending.spent else "skip"
        elapsed = time.monotonic() - started
        run.done(Scenario(operation.label, LIMITS, status, sent(recorder), elapsed, spending.note))
    for extension in run.contract.extensions:
        if not run.stopped:
            extension.spend(run, schema)


class Spending:
    """Spending the quota of one operation.

    Attributes:
        spent: whether 429 came.
        note: why it did not.
    """

    def __init__(self, run: Run, schema: OpenApiSchema, operation: Operation, recorder: ScenarioRecorder) -> None:
        self.run, self.schema, self.operation, self.recorder = run, schema, operation, recorder
        self.sample = generated(run, schema, operation)
        self.spent, self.note = False, ""
        self.history: list[dict[str, LimitState]] = []
        self._shape = self._case()

    def run_out(self) -> None:
        """Spend the quota, look at the refusal in each form, and at what must not be refused with it."""
        case, answer = self._until_refused()
        if case is None or answer is None:
            if not self.note:
                self.note = f"{len(self.history)} requests, and no 429"
            return
        self.spent = True
        self._counted(case, answer)
        for form in variations(self.run.document, self.operation):
            self._refused_in(form)
        self._others_are_open()
        self._lets_in_again(answer)

    def _until_refused(self) -> tuple[Case[Any] | None, Response | None]:
        """The first request that is refused: cheap ones first, which get no further than the limit."""
        case, answer = self._sent(self._case)
        if answer is None or answer.status_code == TOO_MANY:
            return case, answer
        quotas = [one.quota for one in self.history[-1].values() if one.quota]
        most = min(MOST, max(quotas) + 2) if quotas else GUESSED
        for make in (self._cheap, self._case):
            for _ in range(most):
                case, answer = self._sent(make)
                if answer is None or answer.status_code == TOO_MANY:
                    return case, answer
        if quotas and case is not None and most < MOST:
            self._broken(
                case,
                "limits_are_kept",
                "A quota that is announced is not kept",
                f"RateLimit-Policy announced {max(quotas)} requests; {len(self.history)} were answered without a 429",
            )
        return None, None

    def _sent(self, make: Callable[[], Case[Any]]) -> tuple[Case[Any], Response | None]:
        case = make()
        response = send_checked(self.recorder, case, self.run, checks=())
        if response is not None:
            self.history.append(limit_states(_fields(response)))
        return case, response

    def _case(self) -> Case[Any]:
        return well_formed(self.run, self.schema, self.operation, self.sample)

    def _cheap(self) -> Case[Any]:
        """A request that no handler carries out: without credentials that work, or of a form that is refused."""
        target = self.schema[self.operation.path][self.operation.method.upper()]
        case: Case[Any] = target.Case(
            path_parameters=dict(self._shape.path_parameters or {}), headers={}, query={}, cookies={}
        )
        credentials = credentials_for(self.run.document, self.operation, self.run.contract.entries, self.run.logins)
        if credentials is not None and credentials.entry.username is not None:
            guess = base64.b64encode(f"{credentials.entry.username}:cierre-made-up".encode()).decode()
            case.headers["Authorization"] = f"Basic {guess}"
            case.body, case.media_type = self._shape.body, self._shape.media_type
        elif security(self.run.document, self.operation):
            case.headers["Authorization"] = "Bearer cierre-made-up"
        elif find(self.run.document, *self.operation.steps, "requestBody"):
            case.headers["Content-Type"] = "application/json"
            case.body, case.media_type = {}, "application/json"
        return case

    def _counted(self, case: Case[Any], answer: Response) -> None:
        """What was announced while the quota was spent fits what was answered."""
        now = self.history[-1]
        empty = [one for one in now.values() if one.remaining == 0]
        if any(one.remaining is not None for one in now.values()) and not empty:
            left = ", ".join(f"{one.name or 'the limit'}: {one.remaining}" for one in now.values())
            self._broken(
                case,
                "limits_are_told",
                "A request is refused while some of the quota is left",
                f"429, and left: {left}",
            )
        for one in empty:
            first = next((past[one.name] for past in self.history if one.name in past), one)
            accepted = len(self.history) - 1
            if first.remaining and len(self.history) > 2 and accepted > first.remaining * (1 + SPARE) + 2:
                message = f"{first.remaining} were left after the first request; {accepted - 1} more were answered"
                self._broken(case, "limits_are_kept", "More requests were answered than the quota has", message)
            self._waits(case, answer, one)

    def _waits(self, case: Case[Any], answer: Response, empty: LimitState) -> None:
        """Retry-After is as long as the limit says: neither shorter than its reset nor longer than its window."""
        wait = seconds((answer.headers.get("retry-after") or [""])[0])
        if wait is None:
            return
        longest = max((one or 0 for one in (empty.window, empty.reset)), default=0)
        if longest and wait > longest + 1:
            message = f"Retry-After: {wait:.0f}; the window is {longest} s"
            self._broken(case, "limits_are_told", "Retry-After is longer than the window", message, _RETRY_AFTER)
        if empty.reset is not None and wait < empty.reset - 1:
            message = f"Retry-After: {wait:.0f}; the limit lets nobody in for {empty.reset} s"
            self._broken(case, "limits_are_told", "Retry-After is too short", message, _RETRY_AFTER)

    def _refused_in(self, form: dict[str, str]) -> None:
        """The refusal in one form: refused as well, of the contract's form, with a Retry-After that says when."""
        case = self._cheap() if len(self.history) > 2 else self._case()
        case.headers.update(form)
        answer = send_checked(self.recorder, case, self.run)
        if answer is None:
            return
        if answer.status_code != TOO_MANY:
            asked = ", ".join(f"{name}: {value}" for name, value in form.items()) or "no form"
            message = f"With {asked} the answer is {answer.status_code}, right after a 429"
            if answer.status_code < 400 or answer.status_code in {401, 403}:
                self._broken(case, "limits_are_kept", "A limit does not hold in each form of a request", message)
            return
        steps = (*self.operation.steps, "responses", str(TOO_MANY), "headers")
        documented = {name: find(self.run.document, *steps, name) for name in find(self.run.document, *steps) or {}}
        written = (answer.headers.get("retry-after") or [""])[0]
        # What is required and missing is reported with the other fields.
        named = any(name.lower() == "retry-after" and not one.get("required") for name, one in documented.items())
        wait = seconds(written)
        if (written and (wait is None or wait < 0)) or (named and not written):
            message = f"Retry-After: {written or 'none'}; a number of seconds or a date (RFC 9110, section 10.2.3)"
            self._broken(case, "limits_are_told", "Retry-After does not say when", message, _RETRY_AFTER)

    def _others_are_open(self) -> None:
        """No operation without a limit is refused for what was spent here, and no other client."""
        unlimited = [one for one in self.run.operations if str(TOO_MANY) not in one.node["responses"]]
        for operation in unlimited[:UNLIMITED]:
            case = well_formed(self.run, self.schema, operation)
            answer = send_checked(self.recorder, case, self.run, checks=())
            if answer is not None and answer.status_code == TOO_MANY:
                message = f"429 for {operation.label}, for which the contract names no limit"
                self._broken(case, "limits_are_of_each", "A limit refuses what it does not count", message)
        by_address = any("ip" in one.name.lower() or "addr" in one.name.lower() for one in self.history[-1].values())
        if by_address and self.run.line.addresses.change():
            answer = send_checked(self.recorder, self._case(), self.run, checks=())
            if answer is not None and answer.status_code == TOO_MANY:
                # Behind a proxy or a NAT this is as it must be.
                self.run.report.notes.append(
                    f"{self.operation.label}: a client at another address is refused as well, or the server cannot "
                    "tell addresses apart"
                )

    def _broken(self, case: Case[Any], check: str, title: str, message: str, header: str = "") -> None:
        """Report a broken rule of the limits.

        Args:
            header: of the refusal, which is wrong; empty: the refusal itself is.
        """
        named = [
            name
            for name in find(self.run.document, *self.operation.steps, "responses", str(TOO_MANY), "headers") or {}
            if name.lower() == header.lower()
        ]
        steps = ("responses", str(TOO_MANY), *(("headers", named[0]) if named else ()))
        clause = pointer(self.run.document, *self.operation.steps, *steps)
        problem = BrokenClause(operation=self.operation.label, rule=title, title=title, message=message, clause=clause)
        failed(self.recorder, case, check, problem)

    def _lets_in_again(self, answer: Response) -> None:
        """After a short Retry-After a request is let in."""
        wait = seconds((answer.headers.get("retry-after") or [""])[0])
        if wait is None or not 0 < wait <= LONGEST_WAIT:
            return
        time.sleep(wait + 0.1)
        case, again = self._sent(self._case)
        if again is not None and again.status_code == TOO_MANY:
            message = f"Retry-After was {wait:.0f}; a request after {wait + 0.1:.1f} s was refused as well"
            self._broken(case, "limits_are_told", "Retry-After is too short", message, _RETRY_AFTER)


def _fields(response: Response) -> Callable[[str], str | None]:
    return lambda name: ", ".join(response.headers.get(name.lower()) or ()) or None
