"""docs/examples/mock-client: a client in TypeScript, typed by the mock's own document, and a matcher of Vitest."""

import shutil

import pytest

from tests.support.mocked import started
from tests.support.npm import needing, ran, run
from tests.support.paths import ROOT

EXAMPLE = ROOT / "docs" / "examples" / "mock-client"
pytestmark = needing("vitest", "openapi-typescript")


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """The example with the types that a running mock gives it."""
    folder = shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("mock") / "client")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    with started(folder, "bookings.yaml") as (url, _):
        run("npm", "run", "types", cwd=folder, MOCK=url)
    return folder


def test_it_compiles_with_the_types_of_the_mocks_own_document(example):
    run("npm", "run", "check", cwd=example)


def test_an_answer_that_the_mocks_own_document_has_not_does_not_compile(example):
    wrong = example / "wrong.ts"
    wrong.write_text(
        'import { MockClient } from "./client.js";\n'
        'await new MockClient("").answers("createBooking", { state: 409 });\n'
        'await new MockClient("").verify("createBooking", { time: 1 });\nexport {};\n'
    )
    try:
        done = ran("npm", "run", "check", cwd=example)
    finally:
        wrong.unlink()
    assert done.stdout.count("wrong.ts(") == 2, done.stdout


def test_its_tests_pass_side_by_side(example):
    assert "3 passed" in run("npm", "run", "test", cwd=example)
