"""The contract at /openapi.json and /openapi.yaml, and its page at /ui."""

import json
import re
from base64 import b64encode
from hashlib import sha256

import pytest
import yaml

from cierre.http.pages import Pages


@pytest.fixture
def database_url(sqlite_url):
    """The database has no say in this."""
    return sqlite_url


async def test_both_formats_are_the_published_contract(service):
    as_json = (await service.client.get("/openapi.json")).json()
    as_yaml = yaml.load((await service.client.get("/openapi.yaml")).text, yaml.CSafeLoader)
    assert json.loads(json.dumps(as_yaml, default=str)) == as_json
    assert "x-openapi-router-controller" not in json.dumps(as_json)


async def test_the_contract_is_offered_in_spanish_too(service):
    as_json = (await service.client.get("/openapi.es.json")).json()
    as_yaml = yaml.load((await service.client.get("/openapi.es.yaml")).text, yaml.CSafeLoader)
    assert json.loads(json.dumps(as_yaml, default=str)) == as_json
    assert as_json["paths"]["/api/v1/auth/logout"]["post"]["summary"].startswith("Cerrar la sesión de quien llama")
    assert as_json["servers"][0]["description"].startswith("Este servicio, http")
    assert '"url": "/openapi.es.json"' in (await service.client.get("/ui/")).text


@pytest.mark.parametrize(
    ("accepted", "first"),
    [("es-ES,es;q=0.9,en;q=0.8", "Español"), ("en-US,en", "English"), ("fr", "English"), ("", "English")],
)
async def test_the_page_begins_in_the_language_that_the_browser_prefers(service, accepted, first):
    answer = await service.client.get("/ui/", headers={"Accept-Language": accepted})
    names = [one["name"] for one in json.loads(re.search(r"urls: (\[.*\])", answer.text)[1])]
    assert (names[0], sorted(names)) == (first, ["English", "Español"])
    assert answer.headers["Vary"] == "Accept-Language"


async def test_a_document_is_written_once_and_not_for_each_request(service, monkeypatch):
    """Connexion wrote it anew each time: one anonymous request for the YAML held up all others for seconds."""
    first = (await service.client.get("/openapi.yaml")).content

    def written(*_):
        raise AssertionError

    monkeypatch.setattr("cierre.http.pages.text", written)
    monkeypatch.setattr("yaml.dump", written)
    monkeypatch.setattr("connexion.middleware.swagger_ui.yamldumper", written)
    monkeypatch.setattr("connexion.middleware.swagger_ui.Jsonifier", written)
    assert (await service.client.get("/openapi.yaml")).content == first
    assert (await service.client.get("/openapi.json")).status_code == 200


@pytest.mark.parametrize(
    "path", ["/ui/", "/ui", "/ui/swagger-ui.css", "/openapi.json", "/openapi.yaml", "/openapi.es.json"]
)
async def test_a_page_is_protected(service, path):
    answer = await service.client.get(path)
    assert answer.status_code in {200, 307}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_only_the_scripts_of_the_page_itself_run(service):
    answer = await service.client.get("/ui/")
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    (script,) = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert policy["script-src"] == f"'self' 'sha256-{digest}'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"


@pytest.mark.parametrize(("method", "path"), [("POST", "/openapi.json"), ("PUT", "/ui/"), ("GET", "/ui/nothing")])
async def test_what_is_no_page_is_refused(service, method, path):
    assert (await service.client.request(method, path)).status_code in {404, 405}


async def test_head_is_answered_as_get_without_a_body(service):
    assert (await service.client.head("/openapi.json")).headers["Content-Length"]


def test_pages_need_no_servers():
    assert Pages({"openapi": "3.0.3", "info": {"title": "x", "version": "1"}, "paths": {}}, lambda *_: None)


@pytest.mark.parametrize("path", ["/openapi.json", "/openapi.yaml"])
async def test_the_document_is_compressed_for_who_takes_it(service, path):
    plain = await service.client.get(path, headers={"Accept-Encoding": "gzip;q=0, identity"})
    zipped = await service.client.get(path, headers={"Accept-Encoding": "br, gzip"})
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert zipped.content == plain.content
    assert int(zipped.headers["Content-Length"]) < len(plain.content) / 4
    assert plain.headers["ETag"] != zipped.headers["ETag"]
    assert plain.headers["Vary"] == zipped.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("path", ["/openapi.json", "/openapi.yaml"])
@pytest.mark.parametrize("asked", ["{}", "W/{}", '"else", {}', "*"])
async def test_who_has_the_document_is_told_so(service, path, asked):
    first = await service.client.get(path)
    again = await service.client.get(path, headers={"If-None-Match": asked.format(first.headers["ETag"])})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert (await service.client.get(path, headers={"If-None-Match": '"else"'})).status_code == 200


async def test_the_root_leads_to_the_page(service):
    answer = await service.client.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/ui/")


async def test_the_server_is_the_service_itself(service):
    """The contract's other servers are the documents' hosts, which are somebody else's."""
    document = (await service.client.get("/openapi.json")).json()
    assert document["servers"] == [{"url": "/", "description": "This service, http://cierre.test"}]


@pytest.mark.parametrize("demo", [True, False])
async def test_the_demo_fills_in_the_first_example(start_service, database_url, demo):
    service = await start_service(database_url, demo=demo)
    document = (await service.client.get("/openapi.json")).json()
    content = document["paths"]["/api/v1/auth/login"]["post"]["requestBody"]["content"]["application/json"]
    first = content["examples"]["logged_in"]["value"]
    assert (content["schema"].get("example") == first) is demo
    assert "password" in first
