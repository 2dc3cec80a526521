"""The API as such: its document, who may ask, its events, and the client that uses it."""

import asyncio
import json

import httpx
import pytest

from cierre.mocks.client import MockClient
from cierre.mocks.console import api
from cierre.mocks.console.handlers import HANDLERS
from tests.support.console import GET, SPEC


async def test_its_document_says_what_there_is(console):
    answer = await console.http.get("/__mock/api.json")
    assert answer.json()["openapi"] == "3.0.3"
    served = {"getState", "replaceState", "resetState", "getDocument", "sendWebhook"}
    assert {one.name for one in api._api().document.operations()} == set(HANDLERS) | served


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "calls"), ("DELETE", "answers"), ("POST", "calls/1/expect"), ("GET", "events")],
)
async def test_a_page_of_another_site_gets_nothing(console, headers, method, path):
    assert (await console.http.request(method, f"/__mock/{path}", headers=headers)).status_code == 403


async def test_what_a_form_of_another_site_could_send_is_refused(console):
    answer = await console.http.put(
        f"/__mock/answers?operation={GET}", content="{}", headers={"Content-Type": "text/plain"}
    )
    assert answer.status_code == 415
    assert (await console.http.patch("/__mock/answers")).status_code == 405
    assert (await console.http.get("/__mock/nothing")).status_code == 404
    assert (await console.http.post("/__mock/reset")).status_code == 404


async def test_events_tell_requests_and_changes(console):
    sent = []
    seen, changed = asyncio.Event(), asyncio.Event()
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/__mock/events",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }

    async def receive():
        await changed.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message.get("body", b"").decode())
        if "event: calls" in sent[-1]:
            seen.set()
        if "event: changed" in sent[-1]:
            changed.set()

    await console.http.get("/books/1")
    watching = asyncio.ensure_future(console.app(scope, receive, send))
    await asyncio.wait_for(seen.wait(), 5)
    await console.answers(answers=[{"status": 404}])
    await asyncio.wait_for(watching, 5)
    calls = next(text for text in sent if "event: calls" in text)
    data = json.loads(calls.partition("data: ")[2].partition("\n")[0])
    assert [one["path"] for one in data] == ["/books/1"]
    assert not console.app.board.calls._watchers

    changed.clear()
    watching = asyncio.ensure_future(console.app(scope, receive, send))
    await asyncio.sleep(0)
    # A page that is open does not keep the mock from ending.
    console.app.board.end()
    await asyncio.wait_for(watching, 5)


def test_the_client_sets_waits_and_verifies(cierre_mock):
    mock = cierre_mock(SPEC)
    mock.client.answer("createBook", status=409, times=1)
    assert httpx.post(f"{mock.url}/books", json={"title": "x"}).json() == {"error": "taken"}
    assert mock.client.wait_for("createBook")["answer"]["body"] == '{"error":"taken"}'
    mock.client.verify("createBook", times=1, body={"title": "x"})
    with pytest.raises(AssertionError, match="createBook was called once, not 2 times"):
        mock.client.verify("createBook", times=2)
    with pytest.raises(ValueError, match="it has: 200, 404"):
        mock.client.answers(GET, {"status": 418})
    with pytest.raises(TimeoutError, match="createBook was not called within"):
        mock.client.wait_for("createBook", after=1, seconds=0.01)
    with MockClient(mock.url, session="one") as other:
        assert other.calls() == []
        other.answers("createBook", {"status": 409})
        assert httpx.post(f"{mock.url}/books", json={"title": "x"}).status_code == 201
        other.clear()
    assert [call.operation for call in mock.calls] == ["createBook", "createBook"]
    mock.client.forget()
    assert mock.client.calls() == []
    with pytest.raises(ValueError, match="all routes stand in"):
        mock.client.reset()
