"""Public documents of many kinds and sizes: they start, and every operation answers a valid request validly.

`pytest -m documents -s` fetches them once (npm) and prints how many of how many.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from cierre.mocks.app import MockApp
from cierre.mocks.loading import load
from tests.support.exercise import exercise
from tests.support.mocked import started
from tests.support.public_documents import PACKAGES, fetch

pytestmark = [
    pytest.mark.documents,
    pytest.mark.long,
]
NAMES = [name for names in PACKAGES.values() for name in names]

# Operations that get another answer, each with the reason.
KNOWN = {
    "api/gitlab.com.json": {
        "GET /v3/projects/{id}/services/{service_slug}": "the slug `asana` has a path of its own, without this method",
        "DELETE /v3/projects/{id}/services/{service_slug}": "the same",
    },
    "api/zuora.com.json": {"DELETE /query/jobs/{job-id}": "a uuid of 64 characters"},
}
TALLY: dict[str, tuple[int, int]] = {}


def say(text):
    print(f"\n{text}")  # noqa: T201 - the numbers are what `-s` is for


@pytest.fixture(scope="module")
def documents():
    return dict(zip(NAMES, fetch(), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_answers_a_valid_request_with_a_valid_answer(documents, name):
    outcomes = asyncio.run(exercise(MockApp(load(documents[name]))))
    bad = {outcome.operation: outcome.problems for outcome in outcomes if outcome.problems}
    TALLY[name] = len(outcomes) - len(bad), len(outcomes)
    say(f"{name}: {TALLY[name][0]} of {TALLY[name][1]}")
    assert bad.keys() == KNOWN.get(name, {}).keys(), bad


def test_the_sum_is_what_docs_say():
    """A peer reaches 87 of a hundred."""
    assert TALLY.keys() == set(NAMES), "of some documents the test was not run before"
    good, every = (sum(column) for column in zip(*TALLY.values(), strict=True))
    say(f"{good} of {every} operations of {len(TALLY)} documents")
    assert good / every > 0.999


def memory(process):
    """Megabytes at most so far."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())[1]) / 1024


def processor(process):
    """Seconds of a core so far: what a machine that does nothing else would take."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def until_idle(process, quiet=0.5, patience=60):
    """Wait until the process has used no processor for `quiet` seconds."""
    deadline = time.monotonic() + patience
    used, since = processor(process), time.monotonic()
    while time.monotonic() - since < quiet:
        assert time.monotonic() < deadline, "the mock is still busy"
        time.sleep(0.05)
        if processor(process) != used:
            used, since = processor(process), time.monotonic()


@pytest.mark.parametrize(
    "name",
    [
        "generated/api.github.com.json",
        "api/loket.nl.json",
        "api/zoom.us.json",
        "api/autotask.net.json",
        "api/googleapis.com/compute.json",
        "openapi/openapi.yaml",
    ],
)
def test_large_documents_stay_small(documents, name, tmp_path):
    begun = time.perf_counter()
    with started(tmp_path, documents[name]) as (url, process):
        httpx.get(url + "/__mock/nothing", timeout=20)
        taken, worked = time.perf_counter() - begun, processor(process)
        until_idle(process)  # the examples are checked after the start
        used = memory(process)
    size = documents[name].stat().st_size / 1e6
    say(f"{name}: {size:.1f} MB, first answer after {taken:.2f} s ({worked:.2f} s of a core), {used:.0f} MB of memory")
    assert used < 250


@pytest.mark.parametrize(
    ("name", "credential"),
    [
        ("api/adyen.com/PayoutService.json", "X-API-Key: secreto"),
        ("api/apigee.local/registry.json", None),
        ("api/botify.com.json", "Authorization: secreto"),
        ("api/etherpad.local.json", None),
        ("api/flat.io.json", "Authorization: Bearer secreto"),
        ("api/hubapi.com/automation.json", "Authorization: Bearer secreto"),
    ],
)
def test_schemathesis_finds_nothing(documents, name, credential, tmp_path):
    """All checks but use_after_free, which is about state: `--stateful` has it."""
    with started(tmp_path, documents[name], "--token", "secreto") as (url, _):
        command = ["run", f"{url}/__mock/openapi.json", "--url", url, "--checks", "all", "--max-examples", "3"]
        command += ["--exclude-checks", "use_after_free", *(["-H", credential] if credential else [])]
        schemathesis = [sys.executable, "-m", "schemathesis.cli", *command]
        ended = subprocess.run(schemathesis, capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout[-4000:]


def test_the_document_is_served_in_one_piece(documents, tmp_path):
    with started(tmp_path, documents["openapi/openapi.yaml"]) as (url, _):
        assert json.loads(httpx.get(f"{url}/__mock/openapi.json").text)["paths"]
