"""`cierre serve --reload`: an edit of code or contract is served at once; a mistake is told, and waited for."""

import contextlib
import time

import httpx
import pytest

from tests.support.copies import Copy
from tests.support.processes import children, is_running

PACKAGES = ("cierre", "handlers", "openapi", "mocks", "contract_tests")
HANDLER, ITEM = "handlers/service.py", "openapi/service/health_live.yaml"


@pytest.fixture
def copy(tmp_path):
    return Copy(tmp_path, only=PACKAGES)


def wait_for(condition, node, patience=30.0):
    """Wait until the condition holds; a server that is just starting answers nothing."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError):
            if condition():
                return
        time.sleep(0.02)
    pytest.fail(f"it never happened:\n{node.log()}")


def test_edits_of_a_handler_and_of_a_path_item_are_served(copy):
    with copy.serving("--reload") as node:
        live = f"{node.url}/health/live"
        assert httpx.get(live).headers["cache-control"] == "no-store"
        copy.edit(HANDLER, '"Cache-Control", "no-store"', '"Cache-Control", "no-store, edited"')
        wait_for(lambda: httpx.get(live).headers["cache-control"] == "no-store, edited", node)

        copy.edit(ITEM, "summary: Whether the process answers", "summary: Whether it answers, edited")
        shown = f"{node.url}/openapi.json"
        wait_for(
            lambda: httpx.get(shown).json()["paths"]["/health/live"]["get"]["summary"].endswith("edited"),
            node,
        )
        assert f"cierre: {HANDLER}: edited, starting again" in node.log()
        assert "Traceback" not in node.log()


def test_a_mistake_is_told_and_its_mending_is_served(copy):
    with copy.serving("--reload") as node:
        copy.edit(HANDLER, "async def health_live", "async def health_lively")
        problem = (
            f"cierre: {ITEM}:2:3: operationId health_live has no handler: write async def health_live in {HANDLER}"
        )
        wait_for(lambda: problem in node.log(), node)
        copy.edit(HANDLER, "async def health_lively", "async def health_live")
        wait_for(lambda: httpx.get(f"{node.url}/health/live").status_code == 200, node)
        assert "Traceback" not in node.log()


def test_asked_to_end_it_ends_with_all_its_processes(copy):
    with copy.serving("--reload") as node:
        started = children(node.process.pid)
        assert started
        assert node.stop() == 0
        wait_for(lambda: not any(map(is_running, started)), node)
        assert "Traceback" not in node.log()


def test_several_workers_are_refused(copy):
    result = copy.run("serve", "--port", "0", "--reload", "--workers", "2")
    assert (result.returncode, result.stderr) == (2, "cierre: --reload runs one process: leave out --workers\n")
