"""All seeded defects, one after the other: this takes long."""

import os
import subprocess
import sys


def test_every_defect_is_found():
    """In two runs side by side, each with a service of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CIERRE_")}
    command = [sys.executable, "-m", "cierre.contract_tests.defects"]
    runs = [
        subprocess.Popen(
            [*command, *origins], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )
        for origins in (("--origin", "seeded"), ("--origin", "independent", "--origin", "gap"))
    ]
    for run_ in runs:
        shown, _ = run_.communicate(timeout=3600)
        sys.stdout.write(shown)
        assert run_.returncode == 0, shown
