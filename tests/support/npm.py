"""Programs of npm, such as the linters and the examples for frontend teams, and the tests that need them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

NO_SKIP = bool(os.environ.get("CI")) or os.environ.get("CIERRE_NO_SKIP") == "1"


def needing(*packages):
    """Marks of tests: without npm, or these packages of package-lock.json, they are skipped; they fail in CI."""
    names = [name for name in packages if not (ROOT / "node_modules" / name).exists()]
    reason = f"{', '.join(names)} not installed: run `npm ci`" if names else "npm is not here"
    here = shutil.which("npm") is not None and not names
    return [pytest.mark.npm, pytest.mark.skipif(not here and not NO_SKIP, reason=reason)]


def ran(*command, cwd=ROOT, **variables):
    """What a command did; it finds `cierre`."""
    programs = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
        "CIERRE": str(programs / "cierre"),
        "NO_COLOR": "1",
        "REDOCLY_TELEMETRY": "off",
        **variables,
    }
    return subprocess.run(
        [*map(str, command)], cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=250
    )


def run(*command, cwd, **variables):
    """What a command prints, which ends well."""
    done = ran(*command, cwd=cwd, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
