"""`cierre proxy --coverage`: what of the document passed, and what never did."""

import json

import httpx
import pytest
from click.testing import CliRunner

from cierre.cli import proxy
from cierre.cli.proxy_coverage import written_at_the_end
from cierre.mocks.loading import load
from cierre.mocks.log import Log
from cierre.mocks.proxy import coverage as coverages
from cierre.mocks.proxy.app import ProxyApp
from cierre.mocks.proxy.coverage import Coverage
from cierre.mocks.proxy.upstream import Upstream
from tests.support.mocked import document

JSON = "application/json"
BOOK = {
    "type": "object",
    "properties": {"title": {"type": "string"}, "pages": {"type": "integer"}},
}
LIST = {
    "parameters": [
        {"name": "page", "in": "query", "schema": {"type": "integer"}},
        {"name": "tag", "in": "query", "schema": {"type": "string"}},
    ],
    "responses": {"200": {"description": "", "content": {JSON: {"schema": {"type": "array"}}}}},
}
CREATE = {
    "requestBody": {"content": {JSON: {"schema": BOOK}}},
    "responses": {"204": {"description": "made"}, "409": {"description": "taken"}},
}
SPEC = document({"/books": {"get": LIST, "post": CREATE}})


class Proxied:
    """Before a server that answers a list, or 204."""

    def __init__(self):
        def answer(request):
            if request.method == "GET":
                return httpx.Response(200, headers={"content-type": JSON}, stream=httpx.ByteStream(b"[]"))
            return httpx.Response(418 if b"tea" in request.content else 204, stream=httpx.ByteStream(b""))

        spec = load(SPEC)
        self.coverage = Coverage(spec)
        self.app = ProxyApp(spec, Upstream("http://server", httpx.MockTransport(answer)), coverage=self.coverage)
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app=self.app), base_url="http://localhost")

    def of(self, method):
        found = self.coverage.report()["operations"]
        return next(one for one in found if one["operation"].startswith(method))


@pytest.fixture
def proxied():
    return Proxied()


async def test_answers_parameters_and_members_that_passed_are_seen(proxied):
    await proxied.http.get("/books?page=1")
    await proxied.http.post("/books", json={"title": "secret words"})
    listed, created = proxied.of("GET"), proxied.of("POST")
    assert (listed["seen"], listed["unseen"]) == (["200 application/json", "page (query)"], ["tag (query)"])
    assert (created["seen"], created["unseen"]) == (
        ["204", "application/json (body)", "title (body)"],
        ["409", "pages (body)"],
    )
    assert proxied.coverage.report()["share"] == 0.625
    assert "secret words" not in repr(proxied.coverage._seen)


async def test_an_answer_that_is_not_documented_is_told(proxied):
    await proxied.http.post("/books", json={"title": "tea"})
    assert proxied.of("POST")["undocumented"] == ["418"]


async def test_of_too_many_different_exchanges_no_more_are_kept(proxied, monkeypatch):
    monkeypatch.setattr(coverages, "MOST", 1)
    for page in (1, 2):
        await proxied.http.get(f"/books?page={page}")
    assert proxied.of("GET")["seen"] == ["200 application/json", "page (query)"]
    await proxied.http.get("/books?tag=new")
    assert proxied.of("GET")["unseen"] == ["tag (query)"]


async def test_it_is_written_when_the_proxy_ends(proxied, tmp_path):
    file = tmp_path / "coverage.json"
    app = written_at_the_end(proxied.app, proxied.coverage, file, Log("silent"))
    messages = iter(["startup", "shutdown"])
    told = []

    async def receive():
        step = next(messages)
        if step == "shutdown":
            await proxied.http.get("/books?page=1")
            assert not file.exists()
        return {"type": f"lifespan.{step}"}

    async def send(message):
        told.append(message["type"])

    await app({"type": "lifespan"}, receive, send)
    assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert json.loads(file.read_bytes())["share"] == 0.25


def test_a_folder_that_is_not_there_is_told_before_the_start(tmp_path):
    spec = tmp_path / "openapi.json"
    spec.write_text(json.dumps(SPEC))
    ended = CliRunner().invoke(proxy.command, [str(spec), "http://a", "--coverage", str(tmp_path / "no" / "c.json")])
    assert ended.exit_code == 2
    assert "there is no such folder" in " ".join(ended.output.split())
