"""What `cierre contract` is pointed at: with a few examples an operation, and with 500 (`-m long`)."""

import subprocess
import time

import httpx
import pytest
import yaml

from cierre.contract_tests.plan import plan, read_contract
from cierre.contract_tests.report import write
from cierre.contract_tests.report.text import finding_text
from cierre.contract_tests.run import Options, Quiet
from cierre.contract_tests.selection import select_contract
from tests.support import toy
from tests.support.commands import CIERRE
from tests.support.running import free_port


@pytest.fixture(
    params=[pytest.param(10, id="10 examples"), pytest.param(500, id="500 examples", marks=pytest.mark.long)]
)
def examples(request):
    return request.param


@pytest.fixture
def holds(examples, tmp_path):
    """`holds(url, dialect="dto")`: nothing is found; what is, is shown with its curl."""

    def check(url, *, dialect=None):
        task = plan(select_contract(dialect=dialect), Options(url=url, examples=examples, seed=1))
        report = task.run(Quiet())
        write(report, task.document, task.secrets, tmp_path / "report")
        found = [f"{one.operation}: {one.title}\n{finding_text(one)}" for one in report.findings]
        assert (found, report.errors, report.exit_code) == ([], [], 0)
        assert "The contract holds" in (tmp_path / "report" / "index.html").read_text()

    return check


@pytest.fixture(scope="session")
def mock():
    """`mock("--stateful")`: the URL of a `cierre mock` process; one process serves all tests that want the same."""
    started = {}

    def start(*options):
        if options not in started:
            started[options] = _start_mock(*options)
        return started[options][1]

    yield start
    for process, _ in started.values():
        process.terminate()
        process.wait(10)


def _start_mock(*options):
    port = free_port()
    process = subprocess.Popen([*CIERRE, "mock", "--port", str(port), "--verbose-level", "silent", *options])
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/health/live", timeout=5)
        except httpx.HTTPError:
            assert process.poll() is None, "the mock ended"
            time.sleep(0.05)
        else:
            return process, url
    process.kill()
    raise AssertionError("the mock did not start")


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """The toy service's document and authentication file."""
    directory = tmp_path_factory.mktemp("toy")
    spec, credentials = directory / "theirs.yaml", directory / "auth.yaml"
    spec.write_text(yaml.safe_dump(toy.CONTRACT))
    credentials.write_text(toy.AUTH)
    return spec, credentials


@pytest.fixture
def outcome(files):
    """`outcome("no location", seed=7)`: the plan and the report of a run against the toy service with that fault."""

    def run(fault, **options):
        with toy.serving(toy.Notes(fault).app()) as url:
            chosen = Options(url=url, **{"seed": 1, "examples": 15, **options})
            task = plan(read_contract(*files), chosen)
            return task, task.run(Quiet())

    return run
