"""How a run goes: a live display on a terminal, plain lines anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from cierre.contract_tests.documents import Document
from cierre.contract_tests.findings import Finding, Report, Scenario
from cierre.contract_tests.report.coverage import measure
from cierre.contract_tests.report.text import answer_text
from cierre.contract_tests.run import Listener
from cierre.contract_tests.secrets import Secrets

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
        print(f"BROKEN   {finding.operation}: {finding.title} [{finding.clause}]", flush=True)  # noqa: T201


class Live:
    """A bar a phase; findings scroll above it."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.task: TaskID | None = None
        self.requests = 0

    def phase(self, name: str, total: int) -> None:
        self.requests = 0
        self.task = self.progress.add_task(name, total=total, requests=0)

    def scenario(self, scenario: Scenario) -> None:
        self.requests += scenario.cases
        if self.task is not None:
            self.progress.update(self.task, advance=1, requests=self.requests)

    def finding(self, finding: Finding) -> None:
        self.progress.console.print(
            f"[red]broken[/red] [bold]{escape(finding.operation)}[/bold] {escape(finding.title)} "
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
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console()) as progress:
        yield Live(progress)


def summary(report: Report, document: Document, secrets: Secrets, console: Console) -> None:
    """The findings in full, what was never seen, and one line in the end."""
    for number, finding in enumerate(report.findings, 1):
        console.rule(f"[red]{number}. {escape(finding.title)}[/red]", align="left")
        answer = secrets.hide(answer_text(finding.exchange))
        console.print(f"{finding.operation} · {finding.check} · {finding.phase}", markup=False, highlight=False)
        console.print(f"clause  {finding.clause}\n\n{finding.message}\n", markup=False, highlight=False)
        console.print(finding.curl, markup=False, highlight=False, soft_wrap=True)
        console.print(f"\n{answer}\n", markup=False, highlight=False, soft_wrap=True)
    for problem in report.errors:
        console.print(f"could not test: {secrets.hide(problem)}", markup=False, highlight=False)
    _unseen(report, document, console)
    verdict = "holds" if report.exit_code == 0 else "is broken" if report.exit_code == 1 else "was not fully tested"
    console.print(
        f"{len(report.exchanges)} requests in {report.elapsed:.1f} s, seed {report.seed}: "
        f"{len(report.findings)} findings. The contract {verdict}.",
        markup=False,
        highlight=False,
    )


def _unseen(report: Report, document: Document, console: Console) -> None:
    coverage = measure(document, report.exchanges, {scenario.operation for scenario in report.scenarios})
    unseen = [f"{one.label}: {name}" for one in coverage.operations for name in one.unseen]
    console.print(f"Of what the contract names, {coverage.share:.0%} was seen.", markup=False, highlight=False)
    for line in unseen[:UNSEEN_SHOWN]:
        console.print(f"  never seen: {line}", markup=False, highlight=False)
    if len(unseen) > UNSEEN_SHOWN:
        console.print(f"  … and {len(unseen) - UNSEEN_SHOWN} more: see --report", markup=False, highlight=False)
