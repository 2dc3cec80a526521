"""The example for frontend teams in docs/examples/vitest, run as it stands there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

EXAMPLE = ROOT / "docs" / "examples" / "vitest"

pytestmark = [
    pytest.mark.npm,
    pytest.mark.skipif(
        shutil.which("npm") is None and os.environ.get("CIERRE_NO_SKIP") != "1", reason="npm is not here"
    ),
]


def test_the_vitest_example_passes_as_it_stands(tmp_path):
    folder = shutil.copytree(EXAMPLE, tmp_path / "vitest", ignore=shutil.ignore_patterns("node_modules"))
    npm = ["npm", "install", "--prefer-offline", "--no-package-lock", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(npm, cwd=folder, check=True, timeout=300, capture_output=True)
    cierre = Path(sys.executable).with_name("cierre")
    ended = subprocess.run(
        ["npm", "test"],
        cwd=folder,
        env={**os.environ, "CIERRE": str(cierre), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "6 passed" in ended.stdout
