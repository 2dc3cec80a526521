"""A base path, and several documents in one process, each below its own."""

import json
from contextlib import contextmanager

import httpx
import pytest
from click.testing import CliRunner

from cierre.cli import mock
from cierre.mocks.client import MockClient
from tests.support.mocked import answering, client_of, document, started, write

BOOK = {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}}}
BODY = {"content": {"application/json": {"schema": BOOK}}}
LISTED = {"content": {"application/json": {"schema": {"type": "array", "items": BOOK}}}}
BOOKS = document(
    {
        "/books": {
            "post": {"requestBody": BODY, "responses": {"201": {"description": "made", **BODY}}},
            "get": {"responses": {"200": {"description": "all", **LISTED}}},
        }
    }
)


@contextmanager
def two_mocks(folder):
    write(folder, users_json=answering(example="a user", path="/u"), books_json=BOOKS)
    with started(folder, "users=users.json", "books=books.json", "--stateful") as (url, _):
        yield url.removesuffix("/users")


def test_each_document_is_below_its_name_with_its_own_state_and_log(tmp_path):
    with two_mocks(tmp_path) as url:
        assert httpx.get(f"{url}/users/u").json() == "a user"
        made = httpx.post(f"{url}/books/books", json={"title": "Rayuela"})
        assert made.status_code == 201
        assert httpx.get(f"{url}/users/books").status_code == 404
        with MockClient(f"{url}/users") as users, MockClient(f"{url}/books") as books:
            assert [call["path"] for call in users.calls()] == ["/users/books", "/users/u"]
            books.verify("POST /books", times=1)
            users.answer("GET /u", status=200, body="another", times=1)
            with pytest.raises(ValueError, match="the document has no operation"):
                users.verify("POST /books")
            assert httpx.get(f"{url}/books/books").json() == [{"title": "Rayuela"}]
        assert httpx.get(f"{url}/users/u").json() == "another"
        elsewhere = httpx.get(f"{url}/else")
        assert (elsewhere.status_code, elsewhere.json()["available"]) == (404, ["/users/", "/books/"])
        assert httpx.get(f"{url}/users/__mock").headers["location"] == "/users/__mock/"
        assert f'"{url}'.encode() not in httpx.get(f"{url}/users/__mock/").content
        assert httpx.get(f"{url}/users/__mock/page/main.js").status_code == 200
        assert httpx.get(f"{url}/books/__mock/docs/openapi.json").json()["servers"] == [{"url": "/books"}]
        assert '"/books/__mock/docs/openapi.json"' in httpx.get(f"{url}/books/__mock/docs/start.js").text


async def test_a_base_path_goes_before_every_path():
    spec = document(
        {"/x": {"get": {"responses": {"200": {"content": {"application/json": {"example": 1}}}}}}},
        servers=[{"url": "https://api.example/v1"}],
    )
    async with client_of(spec, base_path="/v1") as client:
        assert (await client.get("/v1/x")).json() == 1
        assert (await client.get("/v1/v1/x")).json() == 1
        assert (await client.post("/v1/x")).status_code == 405
        for path in ("/x", "/v1x", "/"):
            assert (await client.get(path)).status_code == 404
        assert "/v1/x" in (await client.get("/v1/y")).json()["detail"]
        operation = await client.get("/__mock/operation?operation=GET /x", headers={"Host": "localhost"})
        assert operation.json()["request"]["path"] == "/v1/x"


def test_tokens_of_the_page_come_from_below_the_base_path_of_the_mocks_own_routes(tmp_path):
    flows = {"clientCredentials": {"tokenUrl": "https://login.example", "scopes": {}}}
    spec = answering(example=1) | {"components": {"securitySchemes": {"o": {"type": "oauth2", "flows": flows}}}}
    write(tmp_path, one_json=spec)
    with started(tmp_path, "one=one.json") as (url, _):
        shown = httpx.get(f"{url}/__mock/docs/openapi.json").json()["components"]["securitySchemes"]["o"]
        assert shown["flows"]["clientCredentials"]["tokenUrl"] == "/one/__mock/oauth/token"
        answer = httpx.post(f"{url}/__mock/oauth/token", data={"grant_type": "client_credentials"})
        assert answer.json()["token_type"] == "Bearer"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.json", "b.json"], "each has a name: users=a.yaml billing=b.yaml"),
        (["one=a.json", "b.json"], "each has a name"),
        (["one=a.json", "one=b.json"], "each document has another name"),
        (["one=a.json", "two=b.json", "--stateful", "--explain"], "--explain: for one document"),
        (["a.json", "--base-path", "v1"], "'v1' is no base path: write /v1"),
        (["a.json", "--base-path", "/a/__mock"], "is no base path"),
    ],
)
def test_a_mistake_is_told(tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.json").write_text(json.dumps(answering(example=1)))
    ended = CliRunner().invoke(mock.command, arguments)
    assert ended.exit_code == 2, ended.output
    assert said in " ".join(ended.output.split())
