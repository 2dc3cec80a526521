"""Paths that a proxy in front takes for something else than the service does, tokens in them, and terminals."""

import subprocess
import sys

import pytest

from tests.support.eventually import eventually
from tests.support.mocked import started
from tests.support.running import ADMIN, bearer, login_over_http
from tests.support.wire import exchange


def get(path, *headers):
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: localhost:3000", *headers, "", ""]).encode("latin-1")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/admin%2faudit-events",
        "/api%2Fv1%2Fauth%2Fsessions",
        "/api/v1/auth%5csessions",
        "/api/v1/auth\\sessions",
        "/public/../api/v1/auth/sessions",
        "/public/%2e%2e/api/v1/auth/sessions",
        "/api/v1/auth/./sessions",
        "//api/v1/auth/sessions",
        "/api/v1//auth/sessions",
        "/api/v1/auth/sessions/",
        "/api/v1/auth/%73essions",
        "/api/v1/admin/audit%2devents",
        "/%2ewell-known/jwks.json",
        "/api/v1/auth/sessions#/public",
        "http://elsewhere.test/api/v1/auth/sessions",
        "/api/v1/auth/sessions%2f0123456789abcdef01234567",
        "/ui/..%2f..%2f..%2fetc/passwd",
        "/ui/%2e%2e/openapi.json",
    ],
)
def test_such_a_path_leads_to_no_operation(real, path):
    token = login_over_http(real)["accessToken"]
    answer = exchange(real.port, get(path, f"Authorization: Bearer {token}"))
    assert answer.status in {400, 404}
    assert not [part for part in (b"data", b"keys") if part in answer.body]


def test_the_address_of_the_host_itself_is_the_path(real):
    assert exchange(real.port, get("http://localhost:3000/health/live")).status == 200


@pytest.mark.parametrize("form", ["json", "console"])
async def test_a_user_agent_moves_no_cursor(serve, sqlite_url, form):
    node = serve(sqlite_url, "--log-format", form)
    token = login_over_http(node)["accessToken"]
    fields = [f"Authorization: Bearer {token}", "User-Agent: a\x9b31m\xc2\x9b31m\x80", "Content-Length: 0"]
    exchange(node.port, get("/api/v1/auth/logout", *fields).replace(b"GET", b"POST", 1))
    await eventually(lambda: "user_logout" in node.log())
    log = _without_colours(node.log())
    assert not [char for char in log if not char.isprintable() and char != "\n"]


async def test_a_token_in_the_path_is_not_logged(real):
    secrets = ["eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "2%7Cfedcba0987654321", "r" * 43]
    for secret in secrets:
        exchange(real.port, get(f"/logout/{secret}"))
    await eventually(lambda: real.log().count("/logout/***") >= len(secrets))
    assert not [secret for secret in (*secrets, "2|fedcba0987654321") if secret in real.log()]


def test_the_mock_does_not_log_it_either(tmp_path):
    with started(tmp_path) as (url, _):
        secret = "r" * 43
        exchange(int(url.rpartition(":")[2]), get(f"/nowhere/{secret}"))
    log = (tmp_path / "mock.log").read_text()
    assert "/nowhere/***" in log
    assert secret not in log


@pytest.mark.parametrize("path", ["/%1b[2J%1b]0;title%07", "/%c2%9b31m", "/%7f%e2%80%ae"])
async def test_a_path_moves_no_cursor(serve, sqlite_url, path):
    node = serve(sqlite_url, "--log-format", "console")
    exchange(node.port, get(path))
    await eventually(lambda: "status=404" in _without_colours(node.log()))
    log = _without_colours(node.log())
    assert not [char for char in log if not char.isprintable() and char != "\n"]


def _without_colours(text):
    import re

    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_a_traceback_on_a_terminal_moves_no_cursor():
    script = (
        "import structlog\n"
        "from cierre.cli import logs\n"
        "logs.configure('console')\n"
        "import logging\n"
        "try:\n"
        "    raise ValueError('\\x1b[2J')\n"
        "except ValueError as error:\n"
        "    structlog.get_logger().error('unexpected_error', exc_info=error)\n"
        "    logging.getLogger('other').error('\\x1b[2J')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert "\x1b[2J" not in done.stdout + done.stderr
    assert r"\x1b[2J" in done.stdout
    assert r"\x1b[2J" in done.stderr


@pytest.mark.parametrize("path", ["/api/v1/auth/sessions", "/api/v1/auth/sessions/x", "/api/v1/admin/audit-events"])
async def test_no_cache_keeps_sessions_or_the_trail(service, path):
    (session,) = await service.mint(user_id=ADMIN)
    for token in (session.access, "wrong"):
        answer = await service.client.get(path, headers=bearer(token))
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_mocks_own_pages_are_protected(tmp_path):
    with started(tmp_path) as (url, _):
        answer = exchange(int(url.rpartition(":")[2]), get("/__mock/openapi.json"))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
