"""What schemathesis recorded of a scenario."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schemathesis.core.failures import Failure
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.generation.case import Case

from cierre.contract_tests.clauses import answer_steps
from cierre.contract_tests.crashes import said
from cierre.contract_tests.exchanges import Exchange, exchange
from cierre.contract_tests.sentences import SERVER_ERRORS
from cierre.contract_tests.silence import Unanswered
from cierre.oas.navigation import Json


def sent(recorder: ScenarioRecorder) -> int:
    """How many requests of a scenario were really sent."""
    answers = [interaction.response for interaction in recorder.interactions.values()]
    return sum(not isinstance(answer, Unanswered) or answer.sent for answer in answers)


def is_documented(document: Json, case: Case[Any], status: int) -> bool:
    """Whether the case's operation names the status."""
    return answer_steps(document, ("paths", case.operation.path, case.operation.method.lower()), status) is not None


def size(recorder: ScenarioRecorder, case_id: str) -> int:
    """Of two requests that show the same, the smaller is shown."""
    interaction = recorder.interactions.get(case_id)
    return len(interaction.request.uri) + (interaction.request.body_size or 0) if interaction is not None else 0


def failures(recorder: ScenarioRecorder) -> Iterator[tuple[str, str, Failure]]:
    """Failed checks: the case that shows each, the name of the check, the failure. Not those without an answer."""
    for case_id, nodes in recorder.checks.items():
        for node in nodes:
            if node.failure_info is not None:
                failure = node.failure_info.failure
                of = failure.case_id or case_id
                if not unanswered(recorder, of):
                    yield of, node.name, failure


def what_is_said(recorder: ScenarioRecorder, case_id: str) -> str:
    """What the answer of a case says of a server error; empty where it is none."""
    interaction = recorder.interactions.get(case_id)
    if interaction is None or interaction.response is None or interaction.response.status_code < SERVER_ERRORS:
        return ""
    return said(recorded(recorder, case_id, "")).text


def unanswered(recorder: ScenarioRecorder, case_id: str) -> bool:
    """Whether a case got no answer."""
    interaction = recorder.interactions.get(case_id)
    return interaction is not None and isinstance(interaction.response, Unanswered)


def recorded(recorder: ScenarioRecorder, case_id: str, phase: str) -> Exchange:
    """The exchange of a case."""
    interaction = recorder.interactions[case_id]
    case = recorder.cases[case_id].value
    return exchange(interaction.response, operation=case.operation.label, phase=phase, started=interaction.timestamp)
