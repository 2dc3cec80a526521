"""`python -m tests.steps`: everything that CI runs, in named steps. tox comes here for `make test` and `test-long`.

    python -m tests.steps               the steps of `make test`
    python -m tests.steps --long        those of `make test-long`: long by nature
    python -m tests.steps lint types    only these, of either
    python -m tests.steps attacks       every attack that SECURITY.md names: `make attacks`

Two steps run side by side, each into a log of its own. A line says when a step begins and when it ends, with its last
words, and every now and then how far those are that run. Of a step that fails the end of the log is shown; the others
go on. A step that takes longer than its limit is stopped and has failed.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parent.parent
LOGS = ROOT / ".tox" / "logs"
# Seconds between two lines that tell how far it is.
TELLING = 20.0
# Lines of a log that are shown where a step failed.
SHOWN = 80
# Seconds after which a step is stopped: on a busy machine it takes twice what it takes on a quiet one.
LIMIT = 2700.0
LONG_LIMIT = 3000.0
# Seconds that its processes have to end by themselves then.
STOPPING = 10.0
# File by file, in the order of tests/conftest.py: those that take longest begin first.
# The log names what took longest.
PYTEST = "pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder --durations=40"


class Step:
    """Commands, run one after the other until one fails.

    Args:
        limit: seconds after which it is stopped.

    Attributes:
        code: the exit code of the last command that ran; None until the end.
        seconds: how long it took, or takes.
    """

    def __init__(self, name: str, *commands: str, limit: float = LIMIT, logs: Path = LOGS) -> None:
        self.name = name
        self.commands = commands
        self.limit = limit
        self.log = logs / f"{name}.log"
        self.code: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._began: float | None = None
        self._ended: float | None = None

    @property
    def running(self) -> bool:
        return self._began is not None and self._ended is None

    @property
    def seconds(self) -> float:
        return 0.0 if self._began is None else (self._ended or time.monotonic()) - self._began

    def run(self) -> None:
        self._began = time.monotonic()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        code = 0
        with self.log.open("wb") as log:
            for command in self.commands:
                log.write(f"$ {command}\n".encode())
                log.flush()
                code = self._run_one(command, log)
                if code:
                    break
        self._ended = time.monotonic()
        self.code = code

    def _run_one(self, command: str, log: IO[bytes]) -> int:
        """In a process group of its own, so that what it started can be stopped with it."""
        self._process = subprocess.Popen(
            shlex.split(command), stdout=log, stderr=log, cwd=ROOT, env=environment(), process_group=0
        )
        try:
            return self._process.wait(max(self.limit - self.seconds, 0))
        except subprocess.TimeoutExpired:
            self.stop()
            log.write(f"\nStopped: it took longer than {self.limit:g} s\n".encode())
            return self._process.wait()

    def stop(self) -> None:
        """Stop what it runs now: first by SIGTERM, then by SIGKILL."""
        if (process := self._process) is None or process.poll() is not None:
            return
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(STOPPING)
        except subprocess.TimeoutExpired:
            pass
        finally:
            # Whoever of its group is left: the workers of pytest, for example.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def tail(self, lines: int) -> list[str]:
        """The last lines of the log that say something."""
        written = self.log.read_text(errors="replace") if self.log.exists() else ""
        return [line for line in written.splitlines() if line.strip()][-lines:]

    @property
    def last_words(self) -> str:
        """Such as pytest's `123 passed in 4.56s`."""
        return "".join(self.tail(1)).strip(" =")[:100]

    @property
    def progress(self) -> str:
        """`name 12 s`, with pytest's share of the tests that are done."""
        shares = re.findall(r"\[ *(\d+%)\]", "\n".join(self.tail(3)))
        return " ".join([self.name, *shares[-1:], f"{self.seconds:.0f} s"])


# The longest is first: when it ends the others have ended, too.
SHORT = (
    Step("tests", f"{PYTEST} tests"),
    Step("lint", "ruff check .", "ruff format --check ."),
    Step("types", "mypy"),
    Step("layers", "lint-imports"),
    Step("audit", "python -m tests.vulnerabilities"),
    Step("spec", "cierre spec lint", "bash tests/since_last_tag.sh"),
    Step("bench", "python -m benchmarks.propagation --count 50", "python -m benchmarks.counting --rounds 3"),
)
# The peers are measured once and quickly: only to see that it works.
LONG = (
    # Test by test, not file by file: a few of them take minutes each.
    Step(
        "long-tests",
        "pytest --numprocesses=auto --dist=loadgroup --no-loadscope-reorder --durations=40 tests -m long",
        limit=LONG_LIMIT,
    ),
    Step("peers", "python -m benchmarks --quick"),
)


def attacks() -> list[str]:
    """The files and folders of tests that SECURITY.md names: the page is the only list of them."""
    tried = (ROOT / "SECURITY.md").read_text().partition("\n## What was tried\n")[2].partition("\n## ")[0]
    return re.findall(r"`(tests/[\w/.]+)`", tried)


# Part of `tests`; by itself for whoever wants to see that the attacks fail.
NAMED = (Step("attacks", f"{PYTEST} {' '.join(attacks())}"),)


def environment() -> dict[str, str]:
    """Ours, with this Python's programs first, and two processes of pytest a core: they often wait."""
    programs = str(Path(sys.executable).parent)
    cores = len(os.sched_getaffinity(0))
    return {
        "PYTEST_XDIST_AUTO_NUM_WORKERS": str(2 * cores),
        **os.environ,
        "PATH": os.pathsep.join([programs, os.environ.get("PATH", os.defpath)]),
    }


def run(steps: Sequence[Step], *, at_once: int, telling: float = TELLING) -> int:
    """Run the steps. Returns how many failed."""

    def one(number: int, step: Step) -> None:
        place = f"[{number} of {len(steps)}] {step.name}"
        say(f"{place} …")
        step.run()
        say(f"{place}: {_outcome(step)}, {step.seconds:.0f} s: {step.last_words}")
        if step.code:
            say("\n".join([*step.tail(SHOWN), f"The whole log: {step.log}"]))

    with ThreadPoolExecutor(at_once) as pool:
        running = [pool.submit(one, number, step) for number, step in enumerate(steps, 1)]
        try:
            while wait(running, timeout=telling).not_done:
                say(f"… {', '.join(step.progress for step in steps if step.running)}")
        except KeyboardInterrupt:
            for step in steps:
                step.stop()
            pool.shutdown(cancel_futures=True)
            raise
    for future in running:
        future.result()
    return sum(step.code != 0 for step in steps)


def say(text: str) -> None:
    """One write: two steps that end at once don't mix their lines."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _outcome(step: Step) -> str:
    return "FAILED" if step.code else "passed"


def table(steps: Sequence[Step]) -> str:
    """A line a step."""
    rows = [(step.name, _outcome(step), f"{step.seconds:.0f} s", step.last_words) for step in steps]
    return "\n".join(f"{name:<12} {outcome:<7} {seconds:>6}  {words}" for name, outcome, seconds, words in rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 1 where a step failed."""
    parser = ArgumentParser(prog="python -m tests.steps", description="Run what CI runs.")
    parser.add_argument("--long", action="store_true", help="the steps that are long by nature")
    parser.add_argument(
        "names", nargs="*", metavar="STEP", help=", ".join(step.name for step in (*SHORT, *LONG, *NAMED))
    )
    options = parser.parse_args(arguments)
    every = {step.name: step for step in (*SHORT, *LONG, *NAMED)}
    if unknown := set(options.names) - every.keys():
        parser.error(f"no such step: {', '.join(sorted(unknown))}")
    steps = [every[name] for name in options.names] or (LONG if options.long else SHORT)
    began = time.monotonic()
    failed = run(steps, at_once=2)
    # The closing line of pytest as it stands, for whoever looks for it in the output.
    for step in steps:
        if any(command.startswith("pytest") for command in step.commands):
            say("".join(step.tail(1)))
    say(f"\n{table(steps)}\n{len(steps) - failed} of {len(steps)} steps passed in {time.monotonic() - began:.0f} s")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
