"""The phases of schemathesis: the document's examples, its bounds, fuzzed cases, and sequences along its links."""

from __future__ import annotations

import ast
import contextlib
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import Any

from schemathesis.engine import events, from_schema
from schemathesis.errors import NoLinksFound
from schemathesis.specs.openapi.schemas import OpenApiSchema

from cierre.contract_tests.findings import GIVEN_UP, CouldNotRun, Scenario
from cierre.contract_tests.recorded import sent
from cierre.contract_tests.run import GENERATED, Run


def generate(run: Run, schema: OpenApiSchema) -> None:
    """Run the generated phases that the options include.

    Raises:
        CouldNotRun: a login fails on the way.
    """
    # One bug hides no other: what failed is set aside, and its operation gets all of its examples.
    schema.config.continue_on_failure = not run.options.fail_fast
    stream, seen = from_schema(schema).execute(), _Seen()
    # To its end, whatever happens: schemathesis ends its threads there.
    with _one_parser_at_a_time() if run.options.workers > 1 else contextlib.nullcontext(), _noting_interrupts(seen):
        for event in stream:
            _take(run, event, seen)
            if run.stopped or seen.interrupted or seen.impossible is not None:
                stream.stop()
    if seen.sequences:
        run.done(_together(seen.sequences))
    if seen.impossible is not None:
        raise seen.impossible
    if seen.interrupted and not run.stopped:
        raise KeyboardInterrupt


@contextlib.contextmanager
def _noting_interrupts(seen: _Seen) -> Iterator[None]:
    """Note a Ctrl-C: schemathesis goes on with its next phase after one that comes while it starts its threads."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return

    def note(number: int, frame: FrameType | None) -> None:
        seen.interrupted = True
        before(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _one_parser_at_a_time() -> Iterator[None]:
    """Let no two threads parse Python at once, as Hypothesis does: CPython 3.11 counts their depths together.

    See github.com/python/cpython/issues/106905.
    """
    parse, lock = ast.parse, threading.RLock()

    def parse_alone(*arguments: Any, **options: Any) -> Any:
        with lock:
            return parse(*arguments, **options)

    ast.parse = parse_alone
    try:
        yield
    finally:
        ast.parse = parse


@dataclass
class _Seen:
    """What the events of a run say, beside its report.

    Attributes:
        sequences: scenarios of the stateful phase.
        impossible: why the run cannot go on.
        interrupted: whether it was stopped before its end.
    """

    sequences: list[Scenario] = field(default_factory=list)
    impossible: CouldNotRun | None = None
    interrupted: bool = False


def _take(run: Run, event: events.EngineEvent, seen: _Seen) -> None:
    if isinstance(event, events.PhaseStarted):
        name = str(event.phase.name.value)
        if name in GENERATED and event.phase.is_enabled:
            run.begin(name, 1 if name == "stateful" else len(run.operations))
    elif isinstance(event, events.ScenarioFinished):
        scenario = _scenario(run, event)
        seen.sequences.append(scenario) if event.label is None else run.done(scenario)
    elif isinstance(event, events.Interrupted):
        seen.interrupted = True
    elif isinstance(event, events.NonFatalError) and isinstance(event.value, CouldNotRun):
        seen.impossible = seen.impossible or event.value
    elif isinstance(event, events.NonFatalError) and not isinstance(event.value, NoLinksFound):
        run.not_tested(f"{event.label}: {event.info.title}: {event.info.message}")


def _scenario(run: Run, event: events.ScenarioFinished) -> Scenario:
    phase = str(event.phase.value)
    run.record(event.recorder, phase)
    return Scenario(
        operation=event.label or "sequences of requests",
        phase=phase,
        status=str(event.status.value),
        cases=sent(event.recorder),
        elapsed=event.elapsed_time,
        note=event.skip_reason or (f"{GIVEN_UP}: it never answers" if run.line.gives_up(event.label or "") else ""),
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
