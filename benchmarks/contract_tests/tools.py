"""Running `cierre contract` and `schemathesis run` as a user runs them, and reading what they report."""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.contract_tests.apps import MARK

# Seconds that a tool may take with one application.
LONGEST = 600


class Problem(NamedTuple):
    """Something that a tool reports.

    Attributes:
        operation: `METHOD /path`.
        kind: the check that failed, or the type of the failure.
        bugs: planted bugs that its answers show.
    """

    operation: str
    kind: str
    bugs: frozenset[str]


class Outcome(NamedTuple):
    """What a tool found in an application.

    Attributes:
        seconds: from its start to its end.
        cpu: user and system time of it in seconds; 0: not measured.
    """

    problems: tuple[Problem, ...]
    requests: int
    seconds: float
    cpu: float = 0.0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    @property
    def bugs(self) -> set[str]:
        return {bug for one in self.problems for bug in one.bugs}

    @property
    def false(self) -> list[Problem]:
        """What is reported and is no planted bug."""
        return [one for one in self.problems if not one.bugs]


def cierre(url: str, spec: Path, token: str, folder: Path, *, examples: int, seed: int, only: str = "") -> Outcome:
    """Run `cierre contract`.

    Args:
        token: a bearer token; empty: none.
        only: a pattern for operations; empty: all.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "auth.yaml").write_text(f"- bearer: {token}\n", encoding="utf-8")
    command = [sys.executable, "-c", "from cierre.cli import main; main()", "contract", url, "--spec", str(spec)]
    command += ["--examples", str(examples), "--seed", str(seed), "--report", str(folder)]
    command += ["--auth", str(folder / "auth.yaml")] if token else []
    command += ["--operations", only] if only else []
    took = _timed(command)
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    problems = tuple(
        Problem(one["operation"], one["check"], _marks(re.findall(rf"(?im)^{MARK}: (.*)$", one["answer"])))
        for one in report["findings"]
    )
    return Outcome(problems, report["requests"], *took)


def schemathesis(
    url: str, spec: Path, token: str, folder: Path, *, examples: int, seed: int, only: tuple[str, ...] = ()
) -> Outcome:
    """Run `schemathesis run` with all checks and `--continue-on-failure`.

    A bug counts as found where any failed check has an answer that shows it, also where the tool's text shows another.
    """
    folder.mkdir(parents=True, exist_ok=True)
    events = folder / "events.ndjson"
    program = str(Path(sys.executable).with_name("schemathesis"))
    command = [program, "run", str(spec), "--url", url, "--checks", "all", "--continue-on-failure", "--no-color"]
    command += ["--max-examples", str(examples), "--seed", str(seed)]
    command += ["--report", "ndjson", "--report-ndjson-path", str(events)]
    command += ["-H", f"Authorization: Bearer {token}"] if token else []
    for name in only:
        command += ["--include-operation-id", name]
    took = _timed(command)
    found: dict[tuple[str, str], set[str]] = {}
    requests = 0
    for recorder in _recorders(events):
        requests += len(recorder["interactions"])
        for operation, kind, answer in _failures(recorder):
            fields = {name.lower(): values for name, values in (answer or {}).get("headers", {}).items()}
            found.setdefault((operation, kind), set()).update(_marks(fields.get(MARK.lower(), [])))
    problems = tuple(Problem(*key, frozenset(bugs)) for key, bugs in found.items())
    return Outcome(problems, requests, *took)


def _timed(command: list[str]) -> tuple[float, float]:
    """Seconds, and CPU in seconds."""
    started, before = time.monotonic(), _cpu_of_children()
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False)
    except subprocess.TimeoutExpired:
        # What it reported until then counts.
        return time.monotonic() - started, _cpu_of_children() - before
    if done.returncode > 1:
        sys.exit(f"{' '.join(command)}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    return time.monotonic() - started, _cpu_of_children() - before


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _marks(values: list[str]) -> frozenset[str]:
    return frozenset(bug.strip() for value in values for bug in value.split(",") if bug.strip())


def _recorders(events: Path) -> Iterator[dict[str, Any]]:
    with events.open(encoding="utf-8") as lines:
        for line in lines:
            if not line.endswith("\n"):
                # The tool was ended in the middle of it.
                return
            for event in json.loads(line).values():
                recorder = event.get("recorder") if isinstance(event, dict) else None
                if recorder and "interactions" in recorder:
                    yield recorder


def _failures(recorder: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any] | None]]:
    """Operation, type and answer of each failed check."""
    for case, checks in recorder.get("checks", {}).items():
        for check in checks:
            if check["status"] == "failure":
                failure = check["failure_info"]["failure"]
                interaction = recorder["interactions"].get(failure.get("case_id") or case) or {}
                yield failure["operation"], failure["type"], interaction.get("response")
