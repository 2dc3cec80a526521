"""`/__mock/docs`: the page of the document, aimed at the mock; tests/end_to_end/browser uses it as a person does."""

import pytest

from cierre.oas import load
from tests.support.mocked import client_of, document

SERVERS = [{"url": "https://api.example/v1"}]
OPERATION = {"servers": SERVERS, "responses": {"200": {"description": ""}}}
ITEM = {"servers": SERVERS, "get": OPERATION}


def spec(version="3.0.3"):
    return document({"/x": ITEM}, version, servers=SERVERS, components={"pathItems": {"I": ITEM}})


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("", "text/html; charset=utf-8"),
        ("/", "text/html; charset=utf-8"),
        ("/start.js", "text/javascript; charset=utf-8"),
        ("/swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        ("/swagger-ui-standalone-preset.js", "text/javascript; charset=utf-8"),
        ("/swagger-ui.css", "text/css; charset=utf-8"),
        ("/openapi.json", "application/json"),
    ],
)
async def test_each_part_is_served_with_the_fields_that_protect_a_page(path, media_type):
    async with client_of(spec()) as client:
        answer = await client.get(f"http://localhost/__mock/docs{path}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == media_type
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "script-src 'self'; " in answer.headers["Content-Security-Policy"]


async def test_its_document_has_the_mock_as_its_one_server():
    async with client_of(spec("3.1.0")) as client:
        page = (await client.get("http://localhost/__mock/docs/openapi.json")).json()
        served = (await client.get("http://localhost/__mock/openapi.json")).json()
    assert page["servers"] == [{"url": "/"}]
    assert "api.example" not in str(page)
    # Swagger UI 4 refuses to show another version; the document itself stays as it is.
    assert (page["openapi"], served["openapi"]) == ("3.0.3", "3.1.0")
    assert served["paths"]["/x"]["get"]["servers"] == SERVERS


async def test_our_own_contract_is_offered_in_two_languages():
    async with client_of(load()) as client:
        start = (await client.get("http://localhost/__mock/docs/start.js")).text
        spanish = (await client.get("http://localhost/__mock/docs/openapi.es.json")).json()
    assert '{"url": "/__mock/docs/openapi.es.json", "name": "Espa\\u00f1ol"}' in start
    assert spanish["paths"]["/api/v1/auth/login"]["post"]["summary"] == "Iniciar una sesión"
    assert spanish["servers"] == [{"url": "/"}]


async def test_a_document_of_others_is_offered_as_it_is():
    async with client_of(spec()) as client:
        start = (await client.get("http://localhost/__mock/docs/start.js")).text
    assert '"url": "/__mock/docs/openapi.json"' in start
    assert "urls" not in start


@pytest.mark.parametrize("path", ["/../control.py", "/..%2f..%2fsetup.py", "/index.j2", "/nothing", "/openapi.es.json"])
async def test_nothing_else_is_served(path):
    async with client_of(spec()) as client:
        assert (await client.get(f"http://localhost/__mock/docs{path}")).status_code == 404


async def test_a_page_of_another_site_gets_nothing():
    async with client_of(spec()) as client:
        answer = await client.get("http://localhost/__mock/docs", headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403
        answer = await client.get("http://localhost/__mock/docs", headers={"Host": "evil.example"})
        assert answer.status_code == 403
