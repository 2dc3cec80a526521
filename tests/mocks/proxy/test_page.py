"""`/__mock/` of the proxy: what passed is shown, and answers are set instead of the server's."""

import gzip
import json

import httpx
import pytest

from cierre.mocks.loading import load
from cierre.mocks.proxy.app import ProxyApp, ProxyOptions
from cierre.mocks.proxy.upstream import Upstream
from tests.support.library import library

BOOK = {"id": 7, "title": "Siete", "createdAt": "2026-01-01T00:00:00Z"}


class Server:
    """Before a server that answers a book, compressed; `asked` counts its requests."""

    def __init__(self):
        self.asked = 0
        body = gzip.compress(json.dumps(BOOK).encode())

        def book(_request):
            self.asked += 1
            fields = {"content-type": "application/json", "content-encoding": "gzip"}
            return httpx.Response(200, headers=fields, stream=httpx.ByteStream(body))

        upstream = Upstream("http://backend:9000", httpx.MockTransport(book))
        app = ProxyApp(load(library()), upstream, ProxyOptions())
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost")

    async def last(self):
        calls = (await self.http.get("/__mock/calls")).json()["calls"]
        return (await self.http.get(f"/__mock/calls/{calls[0]['number']}")).json()


@pytest.fixture
def server():
    return Server()


async def test_what_passed_is_shown_with_who_answered(server):
    assert (await server.http.get("/books/7")).json() == BOOK
    shown = await server.last()
    assert (shown["status"], shown["why"]) == (200, "answered by backend:9000")
    assert json.loads(shown["answer"]["body"]) == BOOK
    assert "text/html" in (await server.http.get("/__mock/")).headers["content-type"]
    assert server.asked == 1


async def test_what_a_request_breaks_is_shown_with_its_place(server):
    await server.http.get("/books/seven")
    assert [one["location"] for one in (await server.last())["broken"]] == ["path"]


async def test_an_answer_that_is_set_is_given_instead_of_the_servers(server):
    operation = (await server.http.get("/__mock/operations")).json()["operations"]
    name = next(one["operation"] for one in operation if (one["method"], one["path"]) == ("GET", "/books/{bookId}"))
    await server.http.post("/__mock/answers", params={"operation": name}, json={"status": 404, "times": 1})
    answer = await server.http.get("/books/7")
    assert (answer.status_code, answer.headers["Mock-Fallback"]) == (404, "an answer is set")
    assert (await server.http.get("/books/7")).json() == BOOK
    assert server.asked == 1


async def test_an_answer_of_the_server_is_given_again(server):
    await server.http.get("/books/7")
    await server.http.post("/__mock/calls/1/expect")
    again = await server.http.get("/books/7")
    assert (again.json(), again.headers["Mock-Fallback"]) == (BOOK, "an answer is set")
    assert server.asked == 1


async def test_a_page_of_another_site_gets_nothing(server):
    refused = await server.http.get("/__mock/calls", headers={"Origin": "https://evil.example"})
    assert refused.status_code == 403
    assert server.asked == 0
