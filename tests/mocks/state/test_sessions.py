"""`Mock-Session`, a header field or a cookie: each session has its own state, answers and log."""

import httpx
import pytest

from cierre.mocks import mock_app
from cierre.mocks.client import MockClient
from cierre.mocks.state import sessions
from tests.support.mocked import document

BOOK = {"type": "object", "required": ["title"], "properties": {"id": {"type": "integer"}, "title": {"type": "string"}}}
BODY = {"content": {"application/json": {"schema": BOOK}}}
LISTED = {"content": {"application/json": {"schema": {"type": "array", "items": BOOK}}}}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
SPEC = document(
    {
        "/books": {
            "post": {"operationId": "create", "requestBody": BODY, "responses": {"201": {"description": "", **BODY}}},
            "get": {"operationId": "list", "responses": {"200": {"description": "", **LISTED}}},
        },
        "/books/{id}": {
            "get": {
                "parameters": [ID],
                "responses": {"200": {"description": "", **BODY}, "404": {"description": "none"}},
            }
        },
    }
)


@pytest.fixture
def client():
    transport = httpx.ASGITransport(app=mock_app(SPEC, stateful=True))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


async def titles(client, session=None, path="/books"):
    answer = await client.get(path, headers={"Mock-Session": session} if session else {})
    return [one["title"] for one in answer.json()]


async def make(client, title, session=None):
    headers = {"Mock-Session": session} if session else {}
    return (await client.post("/books", json={"title": title}, headers=headers)).json()["id"]


async def test_each_session_keeps_its_own_things_with_ids_of_its_own(client):
    assert [await make(client, "a"), await make(client, "b", "one"), await make(client, "c", "two")] == [1, 1, 1]
    assert (await titles(client), await titles(client, "one"), await titles(client, "two")) == (["a"], ["b"], ["c"])


async def test_a_cookie_names_a_session_where_no_field_does(client):
    await make(client, "b", "one")
    cookie = {"Cookie": "theme=dark; Mock-Session=one"}
    assert (await client.get("/books", headers=cookie)).json()[0]["title"] == "b"
    assert (await client.get("/books", headers=cookie | {"Mock-Session": "two"})).json() == []
    await client.put(
        "/__mock/answers?operation=list",
        json={"answers": [{"status": 200, "body": []}]},
        headers={"Mock-Session": "one"},
    )
    assert (await client.get("/books", headers=cookie)).json() == []
    calls = (await client.get("/__mock/calls?operation=list", headers={"Mock-Session": "one"})).json()["calls"]
    assert [one["session"] for one in calls] == ["one", "one"]


async def test_the_routes_of_the_state_are_a_sessions(client):
    one = {"Mock-Session": "one"}
    await make(client, "a")
    await make(client, "b", "one")
    assert (await client.get("/__mock/state", headers=one)).json()["books"][0]["title"] == "b"
    assert (await client.get("/__mock/status", headers=one)).json()["state"] == {"books": 1}
    await client.put("/__mock/state", json={"books": [{"id": 7, "title": "x"}, {"id": 8, "title": "y"}]}, headers=one)
    assert (await titles(client, "one"), await titles(client)) == (["x", "y"], ["a"])
    assert (await client.post("/__mock/reset", headers=one)).status_code == 204
    assert (await titles(client, "one"), await titles(client)) == ([], ["a"])
    await make(client, "b", "one")
    assert (await client.post("/__mock/reset")).status_code == 204
    assert (await titles(client, "one"), await titles(client)) == ([], [])


async def test_of_too_many_sessions_the_one_goes_that_was_used_longest_ago(client, monkeypatch):
    monkeypatch.setattr(sessions, "MOST", 2)
    for name in ("one", "two"):
        await make(client, name, name)
    assert await titles(client, "one") == ["one"]
    await make(client, "three", "three")
    assert (await titles(client, "one"), await titles(client, "three")) == (["one"], ["three"])
    assert await titles(client, "two") == []


async def test_a_session_keeps_no_more_things_than_it_may(client, monkeypatch):
    monkeypatch.setattr(sessions, "THINGS", 1)
    await make(client, "a", "one")
    refused = await client.post("/books", json={"title": "b"}, headers={"Mock-Session": "one"})
    assert refused.status_code == 507
    assert await make(client, "b", "two") == 1


def test_a_client_of_python_is_a_sessions(cierre_mock, cierre_session):
    mock = cierre_mock(SPEC, stateful=True)
    one, other = cierre_session(mock.url), cierre_session(mock.url)
    assert one.headers != other.headers
    httpx.post(f"{mock.url}/books", json={"title": "b"}, headers=one.headers)
    one.verify("create", times=1)
    other.verify("create", times=0)
    assert one.state()["books"] == [{"id": 1, "title": "b"}]
    assert other.state()["books"] == []
    other.keep({"books": [{"id": 7, "title": "x"}]})
    other.reset()
    assert (other.state()["books"], len(one.state()["books"])) == ([], 1)
    with MockClient(mock.url) as everybody:
        everybody.verify("create", times=1)
        assert everybody.headers == {}
