"""`python -m benchmarks`: install the peers, measure, print the goals with what was measured, write the page."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any, NamedTuple

from rich.progress import Progress

from benchmarks import cluster, machine, plots, progress, report, scratch, tables
from benchmarks.goals import goals
from benchmarks.plan import FULL, QUICK, Plan
from benchmarks.scenarios import denylist, flood, growth, life, logout, mocks


class Subject(NamedTuple):
    """What is measured.

    Attributes:
        steps: how many measurements there are.
        step_s: that one takes with all around it, about; for the progress bar.
    """

    measure: Callable[[Plan], dict[str, Any]]
    steps: Callable[[Plan], int]
    step_s: float


SUBJECTS = {
    "life": Subject(life.measure, life.steps, 4),
    "logout": Subject(logout.measure, logout.steps, 4),
    "mocks": Subject(mocks.measure, mocks.steps, 4),
    "growth": Subject(growth.measure, growth.steps, 5),
    "denylist": Subject(denylist.measure, denylist.steps, 3),
    "flood": Subject(flood.measure, flood.steps, 12),
}


def main() -> int:
    options = _options()
    plan = QUICK if options.quick else FULL
    scratch.install()
    path = scratch.SCRATCH / "quick.json" if plan.quick else scratch.RESULTS
    chosen = [] if options.report else options.only or list(SUBJECTS)
    results = json.loads(path.read_text()) if path.exists() and len(chosen) < len(SUBJECTS) else {}
    if chosen:
        results |= {"conditions": machine.conditions().as_json(), "plan": asdict(plan)}
    if chosen:
        with cluster.running(), _progress(chosen, plan):
            for name in chosen:
                print(f"{name}:", flush=True)
                progress.begin(name)
                results[name] = SUBJECTS[name].measure(plan)
                path.write_text(json.dumps(results))
    print(report.text(results) if plan.quick else tables.goal_table(goals(results, report.LABELS)))
    whole = SUBJECTS.keys() <= results.keys()
    if not plan.quick:
        report.write(results, whole=whole)
    if not plan.quick and whole:
        curves = list(report.curves(results["growth"], results["denylist"]))
        plots.draw(results, report.LABELS, curves, scratch.ROOT / "docs" / "performance")
    return 0


def _progress(chosen: list[str], plan: Plan) -> AbstractContextManager[Progress]:
    steps = {name: SUBJECTS[name].steps(plan) for name in chosen}
    return progress.showing(steps, {name: SUBJECTS[name].step_s for name in chosen})


def _options() -> Any:
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="everything once, small: only to see that it works")
    parser.add_argument("--only", nargs="+", choices=SUBJECTS, help="measure these anew, keep the rest of the last run")
    parser.add_argument("--report", action="store_true", help="measure nothing: write the page of the last run again")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
