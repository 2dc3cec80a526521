"""`python -m cierre.contract_tests.defects [URL]`: is each seeded defect found? Prints the table."""

from __future__ import annotations

import contextlib
import fnmatch
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import requests

from cierre.contract_tests import plan
from cierre.contract_tests.defects import answers as answers  # noqa: PLC0414 - registers its defects
from cierre.contract_tests.defects import behaviour as behaviour  # noqa: PLC0414 - the same
from cierre.contract_tests.defects import gaps as gaps  # noqa: PLC0414 - the same
from cierre.contract_tests.defects import strangers as strangers  # noqa: PLC0414 - the same
from cierre.contract_tests.defects.catalogue import DEFECTS, GAPS, STRANGERS
from cierre.contract_tests.defects.proxy import Behaviour, Defect, faithful, proxied
from cierre.contract_tests.findings import CouldNotRun, Report
from cierre.contract_tests.runner import PHASES, Quiet

SETS = {
    "seeded": ("Seeded defects", DEFECTS),
    "strangers": ("Thought of afterwards, as a stranger would", STRANGERS),
    "gaps": ("Looked for where the checks left something out", GAPS),
}
PAGE = """# What the contract tests catch

`python -m cierre.contract_tests.defects --markdown docs/defects.md` writes this page. It starts the service, shows that
nothing is found, puts one defect after the other in front of it, and stops at the first finding: of the operation that
the defect touches, or else of the rules of closing a session (`sequences`)."""
GENERATED = tuple(phase for phase in PHASES if phase != "rules")


class Outcome(NamedTuple):
    """How a defect fared. `by` is the check that found it, or why it was not found."""

    defect: Defect
    found: bool
    by: str
    requests: int
    seconds: float


def test(url: str, defect: Defect, seed: int) -> Outcome:
    """Run the contract tests against one defect until something is found: the operation first, then the rules."""
    started = time.monotonic()
    asked, by, sent = {"seed": seed, "patience": defect.patience}, "", 0
    for phases, operations in ((GENERATED, defect.operations), (("rules",), None)):
        if by or (defect.rules and operations):
            continue
        try:
            report = _report(url, defect.make(), operations=operations, phases=phases, **asked)
        except CouldNotRun as problem:
            return Outcome(defect, found=False, by=str(problem), requests=sent, seconds=time.monotonic() - started)
        by = ", ".join(f"{found.check} ({found.phase})" for found in report.findings[:1])
        sent += len(report.exchanges)
    return Outcome(defect, bool(by), by or "nothing", sent, time.monotonic() - started)


def _report(url: str, behaves: Behaviour, **options: object) -> Report:
    with proxied(url, behaves) as through:
        task = plan.plan(
            spec=None,
            auth_file=None,
            dialect=None,
            users=plan.DEMO,
            url=through,
            examples=20,
            **{"patience": 30.0, "fail_fast": True, **options},
        )
        return task.run(Quiet())


def table(title: str, outcomes: list[Outcome]) -> str:
    """The outcomes as a Markdown table, with the score above it."""
    found = sum(outcome.found for outcome in outcomes)
    lines = [
        f"## {title}: {found} of {len(outcomes)} were found",
        "",
        "| defect | touches | found by | requests |",
        "|---|---|---|---:|",
    ]
    for outcome in outcomes:
        touches = "sequences" if outcome.defect.rules else outcome.defect.operations.replace("*", "\\*")
        by = outcome.by if outcome.found else f"**missed**: {outcome.by}"
        lines.append(f"| {outcome.defect.name} | {touches} | {by} | {outcome.requests} |")
    return "\n".join(lines)


@contextlib.contextmanager
def service() -> Iterator[str]:
    """`cierre serve --demo` on a free port, with data of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ("serve", "--demo", "--rate-limit", "off", "--host", "127.0.0.1", "--port", str(port))
    with tempfile.TemporaryDirectory() as directory:
        process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-c", "from cierre.cli import main; main()", *command, "--data-dir", directory],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield _ready(f"http://127.0.0.1:{port}", process)
        finally:
            process.terminate()
            process.wait(20)


def _ready(url: str, process: subprocess.Popen[bytes]) -> str:
    for _ in range(300):
        with contextlib.suppress(requests.RequestException):
            if requests.get(f"{url}/health/ready", timeout=5).ok:
                return url
        if process.poll() is not None:
            break
        time.sleep(0.1)
    sys.exit("the service did not start")


def _nothing_without(url: str, seed: int) -> None:
    """What is found without a defect is not found because of one."""
    without = _report(url, faithful, seed=seed, fail_fast=False)
    if without.findings or without.errors:
        problems = [*(f"{one.operation}: {one.title}" for one in without.findings), *without.errors]
        raise click.ClickException("\n  ".join(["found without a defect:", *problems]))
    click.echo(f"without a defect: nothing found, {len(without.exchanges)} requests")


@click.command()
@click.argument("url", required=False)
@click.option("--set", "sets", type=click.Choice(list(SETS)), multiple=True, default=SETS, help="Only these.")
@click.option("--only", default="*", metavar="PATTERN", help="Defects whose name matches.")
@click.option("--seed", default=1, show_default=True)
@click.option("--markdown", type=click.Path(dir_okay=False, path_type=Path), help="Write the tables to this file.")
def main(*, url: str | None, sets: tuple[str, ...], only: str, seed: int, markdown: Path | None) -> None:
    """Test whether each seeded defect is found at URL: a server with the demo's users, without rate limits.

    Without URL one is started. Exit code 1 where a defect is missed.
    """
    tables, missed = [PAGE], False
    with contextlib.nullcontext(url) if url else service() as target:
        if only == "*":
            _nothing_without(target, seed)
        for name in sets:
            title, defects = SETS[name]
            outcomes = []
            for defect in (one for one in defects if fnmatch.fnmatchcase(one.name, only)):
                outcomes.append(test(target, defect, seed))
                click.echo(f"{'found ' if outcomes[-1].found else 'MISSED'} {defect.name}: {outcomes[-1].by}")
            tables.append(table(title, outcomes))
            click.echo(f"\n{tables[-1]}\n")
            missed = missed or not all(outcome.found for outcome in outcomes)
    if markdown:
        markdown.write_text("\n\n".join(tables) + "\n", encoding="utf-8")
    sys.exit(missed)


if __name__ == "__main__":
    main()
