"""A scenario that is measured alone, by a command of its own."""

from argparse import ArgumentParser

from benchmarks import scratch
from benchmarks.plan import FULL, QUICK, Plan


def chosen_plan(module: str, description: str | None) -> Plan:
    """The plan that the command line asks for; the folders that servers write into are there afterwards.

    Args:
        module: of the scenario, as `python -m` takes it.
        description: for `--help`.
    """
    parser = ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("--quick", action="store_true", help="once, small: only to see that it works")
    plan = QUICK if parser.parse_args().quick else FULL
    for folder in (scratch.SCRATCH, scratch.LOGS):
        folder.mkdir(parents=True, exist_ok=True)
    return plan
