"""`/__mock/` of the proxy: what passed is shown and kept, and answers are set instead of the server's."""

import base64
import gzip
import json

import httpx
import pytest

from cierre.mocks import mock_app
from cierre.mocks.console.calls import BODY
from cierre.mocks.loading import load
from cierre.mocks.proxy.app import ProxyApp
from cierre.mocks.proxy.options import ProxyOptions
from cierre.mocks.proxy.upstream import Upstream
from tests.support.library import library

BOOK = {"id": 7, "title": "Siete", "createdAt": "2026-01-01T00:00:00Z"}


class Server:
    """Before a server that answers a book, compressed; `asked` counts its requests."""

    def __init__(self, spec=None, value=BOOK, **fields):
        self.asked = 0
        body = gzip.compress(value if isinstance(value, bytes) else json.dumps(value).encode())

        def book(_request):
            self.asked += 1
            headers = {"content-type": "application/json", **fields, "content-encoding": "gzip"}
            return httpx.Response(200, headers=headers, stream=httpx.ByteStream(body))

        upstream = Upstream("http://backend:9000", httpx.MockTransport(book))
        app = ProxyApp(load(spec or library()), upstream, ProxyOptions())
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost")

    async def archive(self):
        return (await self.http.get("/__mock/calls.har")).json()["log"]["entries"]

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


async def test_what_passed_is_an_archive_that_a_mock_answers_from(server, tmp_path):
    await server.http.get("/books/7", params={"q": "a b"})
    answered = await server.http.get("/__mock/calls.har")
    assert answered.headers["content-disposition"] == 'attachment; filename="calls.har"'
    [entry] = answered.json()["log"]["entries"]
    assert (entry["request"]["method"], entry["request"]["url"]) == ("GET", "http://localhost/books/7?q=a+b")
    assert (entry["response"]["status"], json.loads(entry["response"]["content"]["text"])) == (200, BOOK)
    file = tmp_path / "calls.har"
    file.write_bytes(answered.content)
    transport = httpx.ASGITransport(app=mock_app(library(), examples=[file]))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as again:
        assert (await again.get("/books/7")).json() == BOOK
    assert server.asked == 1


async def test_an_archive_has_no_credentials_nor_what_repeats_them():
    key = {"type": "apiKey", "in": "header", "name": "X-Tenant"}
    ticket = {"type": "apiKey", "in": "query", "name": "pass"}
    spec = library()
    spec["components"] = {**spec["components"], "securitySchemes": {"key": key, "ticket": ticket}}
    member = {"type": "string", "minLength": 9}
    spec["components"]["schemas"] = {**spec["components"]["schemas"]}
    book = spec["components"]["schemas"]["Book"]
    spec["components"]["schemas"]["Book"] = {**book, "properties": {**book["properties"], "password": member}}
    server = Server(spec, {**BOOK, "token": "given-by-server", "echo": "hunter2"}, **{"set-cookie": "sid=c-o-o-k-i-e"})
    headers = {"Authorization": "Bearer open-sesame", "X-Tenant": "t-e-n-a-n-t", "Cookie": "sid=c-r-u-m-b"}
    sent = {"title": "Siete", "password": "hunter2"}
    await server.http.post("/books", params={"pass": "t-i-c-k-e-t"}, json=sent, headers=headers)
    [entry] = await server.archive()
    violations = next(one for one in entry["response"]["headers"] if one["name"] == "mock-violations")["value"]
    assert json.loads(violations)[0]["pointer"] == "/password"
    text = json.dumps(entry)
    for secret in ("hunter2", "open-sesame", "t-e-n-a-n-t", "c-r-u-m-b", "t-i-c-k-e-t", "given-by", "c-o-o-k-i-e"):
        assert secret not in text
    assert json.loads(entry["request"]["postData"]["text"]) == {"title": "Siete", "password": "***"}


async def test_the_archive_has_bodies_that_are_no_text_and_of_large_ones_their_beginning():
    server = Server(value=b"\x89PNG\xff", **{"content-type": "text/plain"})
    await server.http.get("/books/7")
    [entry] = await server.archive()
    assert entry["response"]["content"]["encoding"] == "base64"
    assert base64.b64decode(entry["response"]["content"]["text"]) == b"\x89PNG\xff"
    large = Server(value=json.dumps({"title": "ñ" * BODY}, ensure_ascii=False).encode())
    await large.http.get("/books/7")
    [entry] = await large.archive()
    assert "encoding" not in entry["response"]["content"]
    assert len(entry["response"]["content"]["text"].encode()) == pytest.approx(BODY, abs=4)


async def test_of_a_request_with_more_credentials_than_are_looked_for_nothing_is_shown_that_may_repeat_them():
    server = Server(value={**BOOK, "echo": "number-7"})
    passwords = [{"password": f"number-{number}"} for number in range(1000)]
    await server.http.post("/books?q=number-7", json=passwords)
    [entry] = await server.archive()
    assert (entry["request"]["method"], entry["response"]["status"]) == ("POST", 200)
    assert "number-7" not in json.dumps(entry)
