"""The command line as a process of its own, with nothing of the test's environment."""

import os
import subprocess
import sys

CIERRE = (sys.executable, "-c", "from cierre.cli import main; main()")


def run(*arguments, timeout=3600, input=None):  # noqa: A002 - as subprocess names it
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CIERRE_")}
    return subprocess.run(
        [*CIERRE, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=timeout,
        input=input,
    )


def clean_environment():
    """What a new shell has: nothing of this run's settings, coverage or environment."""
    ours = ("CIERRE_", "PYTEST_", "PYTHON", "COV", "VIRTUAL_ENV", "_CIERRE")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def run_python(code):
    """A piece of Python in a process of its own."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
