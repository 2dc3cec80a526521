"""The examples of docs/examples run as they stand."""

import importlib.util

import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.paths import ROOT
from tests.support.running import bearer, lifespan, login_over_http, run_apart

EXAMPLES = ROOT / "docs" / "examples"


@pytest.fixture
def issuer(serve, database_url, monkeypatch):
    node = serve(database_url, issuer=None)
    monkeypatch.setenv("CIERRE_ISSUER", node.url)
    monkeypatch.setenv("CIERRE_REVOCATIONS", database_url)
    return node


def example(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def closed(issuer, token):
    assert httpx.post(f"{issuer.url}/api/v1/auth/logout", headers=bearer(token)).status_code == 200


async def test_fastapi(issuer):
    module = example("fastapi_service")
    transport = httpx.ASGITransport(app=module.app)
    data = login_over_http(issuer)
    async with lifespan(module.app), httpx.AsyncClient(transport=transport, base_url="http://orders.test") as client:
        assert (await client.get("/health")).status_code == 200
        missing = await client.get("/orders")
        assert missing.status_code == 401
        assert missing.headers["www-authenticate"].startswith("Bearer")
        orders = await client.get("/orders", headers=bearer(data["accessToken"]))
        assert orders.json() == {"of": data["user"]["id"], "role": "EMPLEADO"}
        closed(issuer, data["accessToken"])
        await eventually(lambda: len(module.verifier.denylist) == 1)
        assert (await client.get("/orders", headers=bearer(data["accessToken"]))).status_code == 401


def test_flask(issuer):
    module = example("flask_service")
    client = module.app.test_client()
    data = login_over_http(issuer)
    try:
        assert client.get("/health").status_code == 200
        missing = client.get("/orders")
        assert missing.status_code == 401
        assert missing.headers["WWW-Authenticate"].startswith("Bearer")
        orders = client.get("/orders", headers=bearer(data["accessToken"]))
        assert orders.json == {"of": data["user"]["id"], "role": "EMPLEADO"}
        closed(issuer, data["accessToken"])
        run_apart(eventually(lambda: len(module.verifier._verifier.denylist) == 1))
        assert client.get("/orders", headers=bearer(data["accessToken"])).status_code == 401
    finally:
        module.verifier.stop()
