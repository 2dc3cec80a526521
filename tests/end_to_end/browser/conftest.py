"""Debian's Chromium, driven by Playwright; the documents' hosts lead to a `cierre serve` of the test's own.

Playwright's synchronous API keeps a loop running in the thread, and no other test could run one there: hence asyncio,
on one loop for all tests of this folder. `BROWSER` marks them.
"""

import os
import shutil

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from cierre.cli import demo_data
from tests.conftest import missing

CHROMIUM = os.environ.get("CIERRE_TEST_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
# One loop and, where tests run in several processes, one of these.
BROWSER = [pytest.mark.asyncio(loop_scope="session")]
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def _executable():
    if not os.access(CHROMIUM, os.X_OK):
        missing(f"no Chromium at {CHROMIUM}")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(_executable, real):
    hosts = "api.example.com:80", "api.ejemplo.com:80", "localhost:3000"
    rules = ",".join(f"MAP {host} 127.0.0.1:{real.port}" for host in hosts)
    async with async_playwright() as playwright:
        arguments = [*QUIET, f"--host-resolver-rules={rules}"]
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium):
    context = await chromium.new_context(locale="es-ES")
    yield await context.new_page()
    await context.close()


@pytest.fixture
def log_in(real):
    """A new session's login data; `log_in(tokenFormat="opaque")`."""

    def log_in(username=demo_data.USERS[0][1], **more):
        body = {"username": username, "password": demo_data.PASSWORD, **more}
        answer = httpx.post(f"{real.url}/api/v1/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    return log_in
