"""`python -m benchmarks`: install the peers, measure, print the goals with what was measured, write the page."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from benchmarks import cluster, machine, plots, report, scratch
from benchmarks.goals import goals
from benchmarks.plan import FULL, QUICK, Plan
from benchmarks.scenarios import denylist, flood, growth, logout, mocks

SUBJECTS: dict[str, Callable[[Plan], dict[str, Any]]] = {
    "logout": logout.measure,
    "mocks": mocks.measure,
    "growth": growth.measure,
    "denylist": denylist.measure,
    "flood": flood.measure,
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
    with cluster.running():
        for name in chosen:
            print(f"{name}:", flush=True)
            results[name] = SUBJECTS[name](plan)
            path.write_text(json.dumps(results))
    print(report.text(results) if plan.quick else report.goal_table(goals(results, report.LABELS)))
    if not plan.quick and SUBJECTS.keys() <= results.keys():
        report.write(results)
        curves = list(report.curves(results["growth"], results["denylist"]))
        plots.draw(results, report.LABELS, curves, scratch.ROOT / "docs" / "performance")
    return 0


def _options() -> Any:
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="everything once, small: only to see that it works")
    parser.add_argument("--only", nargs="+", choices=SUBJECTS, help="measure these anew, keep the rest of the last run")
    parser.add_argument("--report", action="store_true", help="measure nothing: write the page of the last run again")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
