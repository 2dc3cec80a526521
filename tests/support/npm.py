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


def installed(folder):
    """The folder of programs that a lock of its own pins (`folder`/package-lock.json), below .cache of the checkout.

    They are kept for later runs, until the lock is another one.
    """
    lock = (folder / "package-lock.json").read_bytes()
    place = ROOT / ".cache" / folder.name
    seal = place / ".installed"
    if not seal.exists() or seal.read_bytes() != lock:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(folder / name, place / name)
        run("npm", "ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", cwd=place)
        seal.write_bytes(lock)
    return place / "node_modules" / ".bin"
