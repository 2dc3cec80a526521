"""How a run goes: a live display on a terminal, plain lines anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from gettext import gettext as _
from gettext import ngettext

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
from cierre.phrases import translated
from cierre.server.printable import printable

UNSEEN_SHOWN = 12


class Plain:
    """One line a scenario, one for a finding."""

    def phase(self, name: str, total: int) -> None:
        words = ngettext("== {phase}: {count} operation", "== {phase}: {count} operations", total)
        line = words.format(phase=name, count=total)
        print(line, flush=True)  # noqa: T201 - plain lines are the purpose

    def scenario(self, scenario: Scenario) -> None:
        note = f" ({translated(scenario.note)})" if scenario.note else ""
        done = _("{count} requests in {seconds:.1f} s").format(count=scenario.cases, seconds=scenario.elapsed)
        print(f"{_status(scenario.status):8} {scenario.phase:9} {scenario.operation}: {done}{note}", flush=True)  # noqa: T201

    def finding(self, finding: Finding) -> None:
        broken = _("BROKEN")
        print(f"{broken:8} {finding.operation}: {printable(finding.title)} [{finding.clause}]", flush=True)  # noqa: T201


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
            f"[red]{_('broken')}[/red] [bold]{escape(finding.operation)}[/bold] {escape(printable(finding.title))} "
            f"[dim]{escape(finding.clause)}[/dim]"
        )


def _status(name: str) -> str:
    known = {"success": _("success"), "failure": _("failure"), "error": _("error"), "skip": _("skip")}
    return known.get(name, name)


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
        TextColumn(_("{task.fields[requests]} requests")),
        TextColumn(_("{task.fields[findings]} findings")),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn(_("left")),
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
        _print(console, f"{translated(finding.summary)}\n\n{_('clause')}  {finding.clause}\n\n{message}\n")
        for one in finding.also:
            _print(console, _("also seen: {finding}").format(finding=one))
        console.print(secrets.hide_tokens(finding.curl), markup=False, highlight=False, soft_wrap=True)
        _print(console, f"\n{answer}\n", soft_wrap=True)
        if finding.files:
            _print(console, _("reads {files}: --report DIR writes it").format(files=", ".join(finding.files)))
    for problem in report.errors:
        _print(console, _("could not test: {reason}").format(reason=mask_text(translated(problem), secrets)))
    for note in report.notes:
        _print(console, _("note: {note}").format(note=mask_text(translated(note), secrets)))
    if report.known:
        count = len(report.known)
        known = ngettext("{count} finding is in the baseline", "{count} findings are in the baseline", count)
        _print(console, known.format(count=count))
    _unseen(report, document, console)
    sent = _("{count} requests in {seconds:.1f} s").format(count=len(report.exchanges), seconds=report.elapsed)
    line = _("{sent}, seed {seed}: {found}. {verdict}")
    _print(console, line.format(sent=sent, seed=report.seed, found=_found(report), verdict=_verdict(report)))


def _found(report: Report) -> str:
    count = len(report.findings)
    new = ngettext("{count} new finding", "{count} new findings", count)
    return (new if report.known else ngettext("{count} finding", "{count} findings", count)).format(count=count)


def _verdict(report: Report) -> str:
    if report.exit_code == 1:
        return _("The contract is broken.")
    if report.exit_code:
        return _("The contract was not fully tested.")
    return _("The contract is broken as before.") if report.known else _("The contract holds.")


def _print(console: Console, text: str, *, soft_wrap: bool = False) -> None:
    """Print what holds a server's words: they move no cursor."""
    console.print(printable(text, keep="\n\t"), markup=False, highlight=False, soft_wrap=soft_wrap)


def _unseen(report: Report, document: Json, console: Console) -> None:
    coverage = measure(document, report.exchanges, {scenario.operation for scenario in report.scenarios})
    unseen = [f"{one.label}: {name}" for one in coverage.operations for name in one.unseen]
    _print(console, _("Of what the contract names, {share:.0%} was seen.").format(share=coverage.share))
    for line in unseen[:UNSEEN_SHOWN]:
        _print(console, _("  never seen: {what}").format(what=line))
    if len(unseen) > UNSEEN_SHOWN:
        _print(console, _("  … and {count} more: see --report").format(count=len(unseen) - UNSEEN_SHOWN))
