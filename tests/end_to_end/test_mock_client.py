"""docs/examples/mock-client: a client in TypeScript, typed by the mock's own document, and a matcher of Vitest."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.mocked import started
from tests.support.paths import ROOT

EXAMPLE = ROOT / "docs" / "examples" / "mock-client"
INSTALLED = shutil.which("npx") is not None and (ROOT / "node_modules" / "vitest").exists()

pytestmark = [
    pytest.mark.npm,
    pytest.mark.skipif(
        not INSTALLED and os.environ.get("CIERRE_NO_SKIP") != "1", reason="vitest is not installed: run `npm ci`"
    ),
]


def npm(folder, script, **environment):
    done = subprocess.run(
        ["npm", "run", script],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1", "CIERRE": str(Path(sys.executable).with_name("cierre")), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """The example with the types that a running mock gives it."""
    folder = shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("mock") / "client")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    with started(folder, "bookings.yaml") as (url, _):
        npm(folder, "types", MOCK=url)
    return folder


def test_it_compiles_with_the_types_of_the_mocks_own_document(example):
    npm(example, "check")


def test_an_answer_that_the_mocks_own_document_has_not_does_not_compile(example):
    wrong = example / "wrong.ts"
    wrong.write_text(
        'import { MockClient } from "./client.js";\n'
        'await new MockClient("").answers("createBooking", { state: 409 });\n'
        'await new MockClient("").verify("createBooking", { time: 1 });\nexport {};\n'
    )
    try:
        done = subprocess.run(
            ["npm", "run", "check"], cwd=example, capture_output=True, text=True, check=False, timeout=240
        )
    finally:
        wrong.unlink()
    assert done.stdout.count("wrong.ts(") == 2, done.stdout


def test_its_tests_pass_side_by_side(example):
    assert "3 passed" in npm(example, "test")
