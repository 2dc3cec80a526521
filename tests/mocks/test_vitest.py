"""The example for frontend teams in docs/examples/vitest, run as it stands there."""

import shutil

from tests.support.npm import needing, run
from tests.support.paths import ROOT

EXAMPLE = ROOT / "docs" / "examples" / "vitest"

pytestmark = needing()
INSTALL = ("npm", "install", "--prefer-offline", "--no-package-lock", "--no-audit", "--no-fund", "--silent")


def test_the_vitest_example_passes_as_it_stands(tmp_path):
    folder = shutil.copytree(EXAMPLE, tmp_path / "vitest", ignore=shutil.ignore_patterns("node_modules"))
    run(*INSTALL, cwd=folder)
    assert "6 passed" in run("npm", "test", cwd=folder)
