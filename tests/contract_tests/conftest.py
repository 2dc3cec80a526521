"""What `cierre contract` is pointed at: with a few examples an operation, and with 500 (`-m long`)."""

import subprocess
import time

import httpx
import pytest
import yaml

from cierre.contract_tests.listening import Quiet
from cierre.contract_tests.plan import plan, read_contract
from cierre.contract_tests.report import write
from cierre.contract_tests.report.text import finding_text
from cierre.contract_tests.run import Options
from cierre.contract_tests.selection import select_contract
from tests.support import toy
from tests.support.commands import CIERRE
from tests.support.running import free_port


def sizes(many):
    """A few examples of each operation always, many with `-m long`."""
    return [pytest.param(10, id="10 examples"), pytest.param(many, id=f"{many} examples", marks=pytest.mark.long)]


@pytest.fixture(params=sizes(500))
def examples(request):
    """Of each operation, where the service is held to the whole contract."""
    return request.param


@pytest.fixture(params=sizes(100))
def fewer_examples(request):
    """Of each operation, where much of it is tested elsewhere as well: the mock."""
    return request.param


DIALECTS = ("session", "envelope", "respuesta", "dto", "plain")


@pytest.fixture(
    params=[
        pytest.param(("session", 10), id="session-10 examples"),
        *(pytest.param((one, 100), id=f"{one}-100 examples", marks=pytest.mark.long) for one in DIALECTS),
    ]
)
def view(request):
    """A dialect, and the examples of each operation of its view: one of them always, all with `-m long`."""
    return request.param


@pytest.fixture
def holds(tmp_path):
    """`holds(url, 10, dialect="dto")`: nothing is found with so many examples; what is, is shown with its curl."""

    def check(url, examples, *, dialect=None):
        task = plan(select_contract(dialect=dialect), Options(url=url, examples=examples, seed=1))
        report = task.run(Quiet())
        write(report, task.document, task.secrets, tmp_path / "report")
        found = [f"{one.operation}: {one.title}\n{finding_text(one, task.secrets)}" for one in report.findings]
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
