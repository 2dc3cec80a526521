"""An attack on a real service makes an alert fire in a real Alertmanager, and the alert leads to whoever did it."""

import json

import httpx
import pytest

from cierre.cli import demo_data
from tests.support.eventually import eventually
from tests.support.monitoring import Monitoring
from tests.support.paths import ROOT
from tests.support.running import ADMIN, EMAIL, USER, bearer, free_port

DASHBOARD = json.loads((ROOT / "ops" / "grafana" / "cierre.json").read_text(encoding="utf-8"))
SESSIONS_A_TIME = 12
TIMES = 12


@pytest.fixture
def node(serve, sqlite_url):
    port = free_port()
    started = serve(sqlite_url, "--workers", "2", "--metrics-port", str(port))
    started.metrics = f"127.0.0.1:{port}"
    return started


@pytest.fixture
def watched(tmp_path, node):
    folder = tmp_path / "monitoring"
    folder.mkdir()
    monitoring = Monitoring(folder, node.metrics)
    yield monitoring
    monitoring.end()


def login(node, user):
    body = {"username": EMAIL[user], "password": demo_data.PASSWORD}
    answer = httpx.post(f"{node.url}/api/v1/auth/login", json=body, timeout=30).raise_for_status()
    return answer.json()["data"]["accessToken"]


def force_out(node, token, body):
    address = f"{node.url}/api/v1/admin/users/force-logout"
    return httpx.post(address, json=body, headers=bearer(token), timeout=30)


async def test_an_administrators_stolen_token_is_noticed_and_named(node, watched, start_service, sqlite_url):
    watched.wait_for('up{job="cierre"} == 1')
    watched.wait_for('cierre_sessions_closed_total{type="admin_forced"}')
    token = login(node, ADMIN)
    beside = await start_service(sqlite_url)
    for _ in range(TIMES):
        await beside.mint(SESSIONS_A_TIME)
        body = {"userId": USER, "reason": "an attack"}
        assert force_out(node, token, body).status_code == 200
    alert = watched.wait_for_alert("CierreMassLogout")
    assert alert["status"]["state"] == "active"
    assert "suspicions" in alert["annotations"]["who"]

    def suspicions():
        address = f"{node.url}/api/v1/admin/suspicions?by=user"
        found = httpx.get(address, headers=bearer(token), timeout=30).raise_for_status().json()["data"]["suspicions"]
        return {(one["kind"], one["subject"]): one["count"] for one in found}

    # Two workers have counted, each from ten on; what one of them has counted of it may be less.
    await eventually(lambda: ("sessions_closed", USER) in suspicions())
    assert suspicions()["sessions_closed", USER] <= TIMES * SESSIONS_A_TIME
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            watched.query(target["expr"].replace("$__rate_interval", "1m").replace("$__range", "1h"))
