"""Debian's Chromium, driven by Playwright; the documents' hosts lead to a `cierre serve` of the test's own."""

import os
import shutil

import httpx
import pytest
from playwright.sync_api import sync_playwright

from cierre.cli import demo

CHROMIUM = os.environ.get("CIERRE_TEST_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
NO_SKIP = os.environ.get("CIERRE_NO_SKIP") == "1"
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
def chromium(real):
    if not os.access(CHROMIUM, os.X_OK):
        message = f"no Chromium at {CHROMIUM}"
        pytest.fail(message, pytrace=False) if NO_SKIP else pytest.skip(message)
    hosts = "api.example.com:80", "api.ejemplo.com:80", "localhost:3000"
    rules = ",".join(f"MAP {host} 127.0.0.1:{real.port}" for host in hosts)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, f"--host-resolver-rules={rules}"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    context = chromium.new_context(locale="es-ES")
    yield context.new_page()
    context.close()


@pytest.fixture
def log_in(real):
    """A new session's login data; `log_in(tokenFormat="opaque")`."""

    def log_in(username=demo.USERS[0][1], **more):
        body = {"username": username, "password": demo.PASSWORD, **more}
        answer = httpx.post(f"{real.url}/api/v1/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    return log_in
