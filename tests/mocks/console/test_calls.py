"""The last requests: listed, awaited, verified, and so many of them."""

import asyncio
import json

import pytest

from cierre.mocks.console.calls import BODIES, BODY, MOST, Calls
from cierre.mocks.messages import MockReply, MockRequest
from tests.support.console import GET, Console


async def test_the_last_requests_are_listed_newest_first_and_shown_in_full(console):
    await console.http.get("/books/1?x=a%20b", headers={"Mock-Session": "one"})
    await console.http.post("/books", json={"title": 7})
    await console.http.get("/nowhere")
    listed = (await console.ask("GET", "calls")).json()
    assert [(one["method"], one["operation"], one["status"]) for one in listed["calls"]] == [
        ("GET", None, 404),
        ("POST", "createBook", 422),
        ("GET", GET, 200),
    ]
    assert listed["last"] == 3
    assert listed["calls"][2]["why"].startswith("example 'short'")
    whole = (await console.ask("GET", "calls/2")).json()
    assert whole["request"]["body"] == '{"title":7}'
    assert whole["broken"][0]["pointer"] == "/title"
    assert whole["broken"][0]["place"].endswith("#/components/schemas/Book/properties/title/type")
    assert whole["curl"].startswith("curl -X POST http://localhost/books -H ")
    first = (await console.ask("GET", "calls", params={"operation": GET})).json()["calls"]
    assert [one["number"] for one in first] == [1]
    mine = (await console.ask("GET", "calls", headers={"Mock-Session": "one"})).json()["calls"]
    assert [one["number"] for one in mine] == [1]
    assert (await console.ask("GET", "calls/9")).status_code == 404
    assert (await console.ask("DELETE", "calls")).status_code == 204
    assert (await console.ask("GET", "calls")).json() == {"calls": [], "last": 3}


@pytest.mark.parametrize(
    ("expected", "verified", "message"),
    [
        ({"operation": "createBook", "times": 1}, True, "createBook was called once"),
        ({"operation": "POST /books"}, True, "createBook was called once"),
        ({"operation": "createBook", "body": {"title": "x"}}, True, "createBook was called once"),
        (
            {"operation": "createBook", "body": {"title": "y"}},
            False,
            "createBook was called 0 times, not at least once",
        ),
        ({"operation": "createBook", "times": 2}, False, "createBook was called once, not 2 times"),
        (
            {"path": "/books/1", "query": {"a": "b"}, "headers": {"X-A": "1"}, "status": 200},
            True,
            "/books/1 was called once",
        ),
        ({"path": "/books/1", "headers": {"X-A": "2"}}, False, "/books/1 was called 0 times, not at least once"),
        ({"operation": GET, "atMost": 0}, False, f"{GET} was called once, not 0 times"),
    ],
)
async def test_calls_are_verified(console, expected, verified, message):
    await console.http.post("/books", json={"title": "x", "pages": 3})
    await console.http.get("/books/1?a=b", headers={"X-A": "1"})
    verdict = (await console.ask("POST", "verify", json=expected)).json()
    assert (verdict["verified"], verdict["message"]) == (verified, message)


async def test_waiting_ends_with_the_call(console):
    waiting = asyncio.ensure_future(console.ask("GET", "calls", params={"operation": "createBook", "wait": 20}))
    await asyncio.sleep(0)
    await console.http.get("/books/1")
    await console.http.post("/books", json={"title": "x"})
    found = (await asyncio.wait_for(waiting, 5)).json()["calls"]
    assert [one["operation"] for one in found] == ["createBook"]
    assert (await console.ask("GET", "calls", params={"operation": "createBook", "after": 2, "wait": 0.01})).json()[
        "calls"
    ] == []


def test_memory_is_bounded():
    calls = Calls()
    for number in range(MOST + 50):
        calls.add(MockRequest("GET", f"/{number}", b"", {}, b""), MockReply(200, [], b"", ""), 0.0, None)
    kept = list(calls.newest())
    assert (len(kept), kept[0].request.path, kept[-1].number) == (MOST, f"/{MOST + 49}", 51)
    assert calls.forgotten == 50
    large = bytes(BODY * 2)
    for _ in range(MOST):
        calls.add(MockRequest("POST", "/", b"", {}, large), MockReply(200, [], large, ""), 0.0, None)
    kept = list(calls.newest())
    assert BODIES // 2 <= 2 * BODY * len(kept) <= BODIES
    assert (len(kept[0].request.body), kept[0].request_size, len(kept[0].body)) == (BODY, 2 * BODY, BODY)


async def test_the_last_requests_are_an_archive_that_a_mock_answers_from(console, tmp_path):
    await console.http.get("/books/1", headers={"Prefer": "example=long", "Authorization": "Bearer open-sesame-7"})
    await console.http.post("/books", json={"title": "Rayuela"})
    archive = (await console.ask("GET", "calls.har")).json()
    assert [one["request"]["method"] for one in archive["log"]["entries"]] == ["GET", "POST"]
    assert archive["log"]["entries"][1]["request"]["postData"]["text"] == '{"title":"Rayuela"}'
    assert "open-sesame-7" not in str(archive)
    file = tmp_path / "calls.har"
    file.write_text(json.dumps(archive), encoding="utf-8")
    again = Console(examples=[file])
    assert (await again.http.get("/books/1", headers={"Prefer": "example=GET_books_id_1"})).json()["pages"] == 900
