"""What `cierre contract` is pointed at. `--full`: 500 examples an operation instead of a few."""

import subprocess
import time

import httpx
import pytest

from tests.support.commands import CIERRE, run
from tests.support.running import free_port


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="500 examples an operation")


@pytest.fixture(scope="session")
def examples(request):
    return 500 if request.config.getoption("--full") else 10


@pytest.fixture
def holds(examples, tmp_path):
    """`holds(url, "--dialect", "dto")`: nothing is found; what is, is shown with its curl."""

    def check(url, *options):
        repeatable = ("--seed", "1", "--examples", str(examples), "--report", str(tmp_path / "report"))
        done = run("contract", url, *repeatable, *options)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        assert (tmp_path / "report" / "index.html").exists()

    return check


@pytest.fixture
def mock():
    """`mock("--stateful")`: the URL of a `cierre mock` process."""
    started = []

    def start(*options):
        port = free_port()
        started.append(subprocess.Popen([*CIERRE, "mock", "--port", str(port), "--verbose-level", "silent", *options]))
        url = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                httpx.get(f"{url}/health/live", timeout=5)
            except httpx.HTTPError:
                assert started[-1].poll() is None, "the mock ended"
                time.sleep(0.1)
            else:
                return url
        raise AssertionError("the mock did not start")

    yield start
    for process in started:
        process.terminate()
        process.wait(10)
