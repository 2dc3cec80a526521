"""The JavaScript of documents 002 and 003, byte for byte, in Node, under a harness that plays the page."""

import json
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from cierre.cli import demo_data
from tests.conftest import missing
from tests.support.shown import SNIPPETS

HARNESS = Path(__file__).with_name("harness.mjs")


@pytest.fixture
def in_node(real):
    if shutil.which("node") is None:
        missing("no node on this machine")

    def run(file, *, host, call="", token=None, stored=()):
        command = ["node", HARNESS, real.url, host, SNIPPETS / file, call]
        given = json.dumps({"token": token, "stored": dict(stored)})
        done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture
def log_in(real):
    def log_in(**more):
        body = {"username": demo_data.USERS[0][1], "password": demo_data.PASSWORD, **more}
        return httpx.post(f"{real.url}/api/v1/auth/login", json=body).json()["data"]

    return log_in


def test_document_002_javascript_removes_the_token_and_goes_to_login(in_node, log_in):
    """Document 002, "JavaScript (Fetch)"."""
    token = log_in(tokenFormat="opaque")["accessToken"]
    happened = in_node("002_logout.js", host="api.ejemplo.com", token=token, stored={"token": token})
    assert happened == {"location": "/login", "alerts": [], "errors": [], "stored": []}


def test_document_002_javascript_tells_a_failure(in_node):
    """Document 002, "JavaScript (Fetch)": the else branch."""
    happened = in_node("002_logout.js", host="api.ejemplo.com", token="1|not-a-token-of-ours")
    assert happened["errors"] == ["Error al cerrar sesión: Token inválido"]
    assert happened["location"] is None


def test_document_003_logout_clears_the_tokens_and_goes_to_login(in_node, log_in):
    """Document 003, "Integración con Frontend (JavaScript)": logout()."""
    data = log_in()
    stored = {
        "accessToken": data["accessToken"],
        "refreshToken": data["refreshToken"],
        "deviceId": "d",
        "theme": "dark",
    }
    happened = in_node("003_logout.js", host="localhost:3000", call="logout()", stored=stored)
    assert happened == {"location": "/login", "alerts": [], "errors": [], "stored": ["theme"]}


def test_document_003_logout_all_says_how_many_sessions_it_closed(in_node, log_in):
    """Document 003, "Integración con Frontend (JavaScript)": logoutAll()."""
    log_in()
    stored = {"accessToken": log_in()["accessToken"], "theme": "dark"}
    happened = in_node("003_logout.js", host="localhost:3000", call="logoutAll()", stored=stored)
    assert happened["location"] == "/login"
    assert happened["stored"] == []
    assert len(happened["alerts"]) == 1
    assert int(happened["alerts"][0].split()[1]) >= 2
