"""Caddy in front, with the file that `ops/` ships: valid, and the client's address is the connection's."""

import shutil
import subprocess
import time
from contextlib import suppress

import httpx
import pytest

from cierre.cli import demo_data
from tests.conftest import missing
from tests.support.paths import ROOT
from tests.support.running import LOGOUT, bearer, free_port

FILE = ROOT / "ops" / "caddy" / "Caddyfile"


@pytest.fixture
def caddy():
    found = shutil.which("caddy")
    if found is None:
        missing("caddy is not here (Debian's package caddy): its configuration was not tried")
    return found


def test_caddy_takes_the_file(caddy):
    command = [caddy, "validate", "--adapter", "caddyfile", "--config", str(FILE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def proxy(caddy, tmp_path, serve, sqlite_url):
    """A client that speaks to it from 127.0.0.2; TLS is left out, as certificates would come from elsewhere."""
    node = serve(sqlite_url, "--trusted-proxies", "127.0.0.1", "--keep-alive", "65s", issuer="https://auth.example.com")
    port = free_port()
    text = FILE.read_text(encoding="utf-8")
    for old, new in {
        "auth.example.com {": f"{{\n\tadmin off\n\tauto_https off\n}}\nhttp://127.0.0.1:{port} {{",
        "127.0.0.1:3000 {": f"127.0.0.1:{node.port} {{",
    }.items():
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "Caddyfile").write_text(text, encoding="utf-8")
    command = [caddy, "run", "--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile")]
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    with (tmp_path / "caddy.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    transport = httpx.HTTPTransport(local_address="127.0.0.2")
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=transport, timeout=30) as client:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if client.get("/health/live").status_code == 200:
                    break
            time.sleep(0.05)
        client.node = node
        yield client
    process.terminate()
    process.wait(10)


def test_a_session_is_closed_through_it_and_the_trail_has_the_clients_own_address(proxy):
    body = {"username": demo_data.USERS[0][1], "password": demo_data.PASSWORD}
    lie = {"X-Forwarded-For": "6.6.6.6"}
    token = proxy.post("/api/v1/auth/login", json=body, headers=lie).json()["data"]["accessToken"]
    answer = proxy.post(LOGOUT, headers=bearer(token, **lie))
    assert answer.status_code == 200, answer.text
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert proxy.post(LOGOUT, headers=bearer(token)).status_code == 404
    assert '"ip_address":"127.0.0.2"' in proxy.node.log()
    assert "6.6.6.6" not in proxy.node.log()


def test_the_metrics_are_not_for_its_clients(proxy):
    assert proxy.get("/metrics").status_code == 404
