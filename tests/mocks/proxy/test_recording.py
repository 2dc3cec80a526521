"""`cierre proxy --record`: answers as examples in an overlay, which a mock then serves."""

import gzip
import json

import httpx
import pytest
import yaml
from click.testing import CliRunner
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cierre.cli import proxy
from cierre.mocks.loading import load
from cierre.mocks.proxy.app import ProxyApp
from cierre.mocks.proxy.upstream import Upstream
from cierre.mocks.recording import Recording
from cierre.oas.document import Document
from cierre.oas.linting import lint
from cierre.oas.overlays import apply, read_overlay
from tests.support.flows import SHOP
from tests.support.mocked import client_of

TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


def backend():
    async def payment(request):
        return JSONResponse({"id": request.path_params["id"], "status": "done"})

    async def books(request):
        if request.method == "POST":
            return JSONResponse({"id": "9", **await request.json()}, 201)
        body = gzip.compress(json.dumps([{"title": "Rayuela"}]).encode())
        return Response(body, media_type="application/json", headers={"content-encoding": "gzip"})

    async def login(_request):
        return JSONResponse({"token": TOKEN, "password": "open-sesame"})

    async def book(_request):
        return Response("<p>", 404, media_type="text/html")

    return Starlette(
        routes=[
            Route("/payments/{id}", payment),
            Route("/books", books, methods=["GET", "POST"]),
            Route("/books/{id}", book),
            Route("/login", login, methods=["POST"]),
        ]
    )


@pytest.fixture
async def file(tmp_path):
    """What was recorded."""
    file = tmp_path / "recorded.yaml"
    upstream = Upstream("http://backend:9000", httpx.ASGITransport(app=backend()))
    app = ProxyApp(load(SHOP), upstream, recording=Recording(upstream.name, file))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://here") as client:
        for path in ("/payments/7", "/payments/8", "/payments/7", "/books", "/books", "/books/1", "/nothing"):
            await client.get(path)
        await client.post("/books", json={"title": "Ficciones"})
        answered = await client.post("/login", json={"user": "ana"})
        assert answered.json()["token"] == TOKEN
    return file


def examples(file):
    document, idle = apply(SHOP, read_overlay(file))
    assert idle == []
    return document


async def test_answers_are_kept_once_as_examples_of_the_document(file):
    paths = examples(file)["paths"]
    media = paths["/payments/{id}"]["get"]["responses"]["200"]["content"]["application/json"]
    assert [*media["examples"]] == ["done", "failed", "getPayment_1", "getPayment_2"]
    assert media["examples"]["getPayment_2"] == {
        "summary": "Recorded from backend:9000",
        "value": {"id": "8", "status": "done"},
    }
    books = paths["/books"]["get"]["responses"]["200"]["content"]["application/json"]["examples"]
    assert [one["value"] for one in books.values()] == [[{"title": "Rayuela"}]]
    assert "examples" not in str(paths["/books/{id}"])
    (parameter,) = [one for one in paths["/payments/{id}"]["get"]["parameters"] if one["name"] == "id"]
    assert parameter["examples"] == {"getPayment_1": {"value": "7"}, "getPayment_2": {"value": "8"}}
    assert lint(Document(examples(file), "shop")) == lint(Document(SHOP, "shop"))


async def test_secrets_are_masked(file):
    text = file.read_text(encoding="utf-8")
    assert TOKEN not in text
    assert "open-sesame" not in text
    assert "***" in text


async def test_a_mock_answers_with_what_was_recorded(file):
    async with client_of(SHOP, examples=[file]) as client:
        assert (await client.get("/payments/8")).json() == {"id": "8", "status": "done"}
        assert (await client.get("/books")).json() == [{"title": "Rayuela"}]
        made = await client.post("/books", json={"title": "Ficciones"})
        assert made.json() == {"id": "9", "title": "Ficciones"}
        asked = await client.get("/payments/8", headers={"Prefer": "example=getPayment_1"})
        assert asked.json()["id"] == "7"


async def test_a_single_example_stays_the_first(tmp_path):
    spec = json.loads(json.dumps(SHOP))
    spec["paths"]["/books"]["get"]["responses"]["200"]["content"]["application/json"]["example"] = [{"title": "Old"}]
    file = tmp_path / "recorded.json"
    upstream = Upstream("http://backend:9000", httpx.ASGITransport(app=backend()))
    app = ProxyApp(load(spec), upstream, recording=Recording(upstream.name, file))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://here") as client:
        await client.get("/books")
    async with client_of(spec, examples=[file]) as client:
        assert (await client.get("/books")).json() == [{"title": "Old"}]
        asked = await client.get("/books", headers={"Prefer": "example=listBooks_1"})
        assert asked.json() == [{"title": "Rayuela"}]


def test_a_file_that_is_there_is_not_written_over(tmp_path):
    spec, file = tmp_path / "shop.yaml", tmp_path / "recorded.yaml"
    spec.write_text(yaml.safe_dump(SHOP), encoding="utf-8")
    for path, said in ((file, "is there already"), (tmp_path / "none" / "x.yaml", "there is no such folder")):
        file.write_text("mine", encoding="utf-8")
        ended = CliRunner().invoke(proxy.command, [str(spec), "http://localhost:1", "--record", str(path)])
        assert (ended.exit_code, file.read_text(encoding="utf-8")) == (2, "mine")
        assert said in ended.output
