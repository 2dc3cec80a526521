"""How a run goes: a live display on a terminal, plain lines anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from cierre.contract_tests.findings import Finding, Report, Scenario
from cierre.contract_tests.listening import Listener
from cierre.contract_tests.masking import mask_text
from cierre.contract_tests.report.coverage import measure
from cierre.contract_tests.report.text import answer_text
from cierre.contract_tests.secrets import Secrets
from cierre.oas.navigation import Json
from cierre.server.printable import printable

UNSEEN_SHOWN = 12


class Plain:
    """One line a scenario, one for a finding."""

    def phase(self, name: str, total: int) -> None:
        print(f"== {name}: {total} operations", flush=True)  # noqa: T201 - plain lines are the purpose

    def scenario(self, scenario: Scenario) -> None:
        note = f" ({scenario.note})" if scenario.note else ""
        print(  # noqa: T201
            f"{scenario.status:8} {scenario.phase:9} {scenario.operation}: "
            f"{scenario.cases} requests in {scenario.elapsed:.1f} s{note}",
            flush=True,
        )

    def finding(self, finding: Finding) -> None:
        print(f"BROKEN   {finding.operation}: {printable(finding.title)} [{finding.clause}]", flush=True)  # noqa: T201


class Live:
    """A bar a phase, with the time that the phase has left; findings scroll above it."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.task: TaskID | None = None
        self.requests, self.findings = 0, 0

    def phase(self, name: str, total: int) -> None:
        self.requests, self.findings = 0, 0
        self.task = self.progress.add_task(name, total=total, requests=0, findings=0, operation="")

    def scenario(self, scenario: Scenario) -> None:
        self.requests += scenario.cases
        if self.task is not None:
            operation = escape(scenario.operation)
            self.progress.update(self.task, advance=1, requests=self.requests, operation=operation)

    def finding(self, finding: Finding) -> None:
        self.findings += 1
        if self.task is not None:
            self.progress.update(self.task, findings=self.findings, operation=escape(finding.operation))
        self.progress.console.print(
            f"[red]broken[/red] [bold]{escape(finding.operation)}[/bold] {escape(printable(finding.title))} "
            f"[dim]{escape(finding.clause)}[/dim]"
        )


@contextmanager
def listener() -> Iterator[Listener]:
    """Bars on a terminal, plain lines anywhere else."""
    if not sys.stdout.isatty():
        yield Plain()
        return
    columns = (
        TextColumn("{task.description:>9}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[requests]} requests"),
        TextColumn("{task.fields[findings]} findings"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
        TextColumn("{task.fields[operation]}"),
    )
    with Progress(*columns, console=Console()) as progress:
        yield Live(progress)


def summary(report: Report, document: Json, secrets: Secrets, console: Console) -> None:
    """The findings in full, what was never seen, and one line in the end."""
    for number, finding in enumerate(report.findings, 1):
        console.rule(f"[red]{number}. {escape(printable(finding.title))}[/red]", align="left")
        message, answer = mask_text(finding.message, secrets), answer_text(finding.exchange, secrets)
        console.print(f"{finding.operation} · {finding.check} · {finding.phase}", markup=False, highlight=False)
        _print(console, f"{finding.summary}\n\nclause  {finding.clause}\n\n{message}\n")
        for one in finding.also:
            console.print(f"also seen: {one}", markup=False, highlight=False)
        console.print(secrets.hide_tokens(finding.curl), markup=False, highlight=False, soft_wrap=True)
        _print(console, f"\n{answer}\n", soft_wrap=True)
        if finding.files:
            console.print(f"reads {', '.join(finding.files)}: --report DIR writes it", markup=False, highlight=False)
    for problem in report.errors:
        _print(console, f"could not test: {mask_text(problem, secrets)}")
    for note in report.notes:
        _print(console, f"note: {mask_text(note, secrets)}")
    if report.known:
        console.print(f"{len(report.known)} findings are in the baseline", markup=False, highlight=False)
    _unseen(report, document, console)
    held = "is broken as before" if report.known else "holds"
    verdict = held if report.exit_code == 0 else "is broken" if report.exit_code == 1 else "was not fully tested"
    new = "new findings" if report.known else "findings"
    console.print(
        f"{len(report.exchanges)} requests in {report.elapsed:.1f} s, seed {report.seed}: "
        f"{len(report.findings)} {new}. The contract {verdict}.",
        markup=False,
        highlight=False,
    )


def _print(console: Console, text: str, *, soft_wrap: bool = False) -> None:
    """Print what holds a server's words: they move no cursor."""
    console.print(printable(text, keep="\n\t"), markup=False, highlight=False, soft_wrap=soft_wrap)


def _unseen(report: Report, document: Json, console: Console) -> None:
    coverage = measure(document, report.exchanges, {scenario.operation for scenario in report.scenarios})
    unseen = [f"{one.label}: {name}" for one in coverage.operations for name in one.unseen]
    console.print(f"Of what the contract names, {coverage.share:.0%} was seen.", markup=False, highlight=False)
    for line in unseen[:UNSEEN_SHOWN]:
        console.print(f"  never seen: {line}", markup=False, highlight=False)
    if len(unseen) > UNSEEN_SHOWN:
        console.print(f"  … and {len(unseen) - UNSEEN_SHOWN} more: see --report", markup=False, highlight=False)
