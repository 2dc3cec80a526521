"""The phases of schemathesis: the document's examples, its bounds, fuzzed cases, and sequences along its links."""

from __future__ import annotations

from dataclasses import replace

from schemathesis.engine import events, from_schema
from schemathesis.errors import NoLinksFound
from schemathesis.specs.openapi.schemas import OpenApiSchema

from cierre.contract_tests.findings import CouldNotRun, Scenario
from cierre.contract_tests.run import GENERATED, Run

# Enumerated phases go on after a failure, so that one run shows them all; fuzzed ones would repeat it for long.
ENUMERATED = frozenset({"examples", "coverage"})


def generate(run: Run, schema: OpenApiSchema) -> None:
    """Run the generated phases that the options include.

    Raises:
        CouldNotRun: a login fails on the way.
    """
    sequences: list[Scenario] = []
    for event in from_schema(schema).execute():
        if isinstance(event, events.PhaseStarted):
            name = str(event.phase.name.value)
            schema.config.continue_on_failure = name in ENUMERATED and not run.options.fail_fast
            if name in GENERATED and event.phase.is_enabled:
                run.listener.phase(name, 1 if name == "stateful" else len(run.operations))
        elif isinstance(event, events.ScenarioFinished):
            scenario = _scenario(run, event)
            sequences.append(scenario) if event.label is None else run.done(scenario)
        elif isinstance(event, events.NonFatalError) and isinstance(event.value, CouldNotRun):
            raise event.value
        elif isinstance(event, events.NonFatalError) and not isinstance(event.value, NoLinksFound):
            run.report.errors.append(f"{event.label}: {event.info.title}: {event.info.message}")
    if sequences:
        run.done(_together(sequences))


def _scenario(run: Run, event: events.ScenarioFinished) -> Scenario:
    phase = str(event.phase.value)
    run.record(event.recorder, phase)
    return Scenario(
        operation=event.label or "sequences of requests",
        phase=phase,
        status=str(event.status.value),
        cases=len(event.recorder.interactions),
        elapsed=event.elapsed_time,
        note=event.skip_reason or "",
    )


def _together(sequences: list[Scenario]) -> Scenario:
    """The sequences of the stateful phase as one: they have no operation of their own."""
    worst = next(
        status
        for status in ("failure", "error", "success", "interrupted", "skip")
        if any(sequence.status == status for sequence in sequences)
    )
    return replace(
        sequences[0],
        status=worst,
        cases=sum(sequence.cases for sequence in sequences),
        elapsed=sum(sequence.elapsed for sequence in sequences),
    )
