"""The validating proxy, in process, before a small server."""

import asyncio
import gzip
import json

import httpx
import pytest

from cierre.mocks.loading import load
from cierre.mocks.proxy.app import ProxyApp
from cierre.mocks.proxy.bodies import unpacked
from cierre.mocks.proxy.options import ProxyOptions
from cierre.mocks.proxy.upstream import Upstream
from tests.support.library import answer, library

BOOK = {"id": 7, "title": "Siete", "createdAt": "2026-01-01T00:00:00Z"}


class Server(httpx.AsyncBaseTransport):
    """A server that remembers its requests. `reply`: what it answers, or an exception."""

    def __init__(self, reply):
        self.reply = reply
        self.seen = []
        self.bodies = []

    async def handle_async_request(self, request):
        self.seen.append(request)
        self.bodies.append(b"".join([piece async for piece in request.stream]))
        if isinstance(self.reply, Exception):
            raise self.reply
        if self.reply.is_stream_consumed:
            # As from a network: not read yet.
            body = Pieces([b"".join(self.reply.stream)])
            return httpx.Response(self.reply.status_code, headers=self.reply.headers, stream=body)
        return self.reply


class Pieces(httpx.AsyncByteStream):
    """A body that comes piece by piece; `closed` once nobody waits for it."""

    def __init__(self, pieces, *, endless=False):
        self.pieces = pieces
        self.endless = endless
        self.closed = False

    async def __aiter__(self):
        for piece in self.pieces:
            yield piece
        if self.endless:
            await asyncio.Event().wait()

    async def aclose(self):
        self.closed = True


def replying(value, status=200, **headers):
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return httpx.Response(status, headers={"content-type": "application/json", **headers}, content=content)


def proxy_of(reply, spec=None, upstream="http://backend:9000/base", **options):
    server = Server(reply)
    return ProxyApp(load(spec or library()), Upstream(upstream, server), ProxyOptions(**options)), server


def client_of(app):
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app, client=("192.0.2.7", 1)), base_url="http://here")


async def ask(reply, method="GET", path="/books/7", *, proxy=None, **request):
    app, server = proxy_of(reply, **(proxy or {}))
    async with client_of(app) as client:
        return await client.request(method, path, **request), server


async def test_a_request_and_its_answer_pass():
    answered, server = await ask(replying(BOOK, **{"x-own": "1"}), path="/books/7?a=%20b")
    assert (answered.status_code, answered.json(), answered.headers["x-own"]) == (200, BOOK, "1")
    assert "mock-violations" not in answered.headers
    assert "mock-answer-violations" not in answered.headers
    assert str(server.seen[0].url) == "http://backend:9000/base/books/7?a=%20b"


async def test_fields_of_one_connection_do_not_pass():
    hops = {"connection": "close, x-hop", "keep-alive": "7", "te": "trailers", "x-hop": "1", "proxy-authorization": "x"}
    answered, server = await ask(
        replying(BOOK, connection="x-back", **{"x-back": "1", "keep-alive": "7"}), headers={**hops, "x-end": "1"}
    )
    sent = server.seen[0].headers
    assert not sent.keys() & {*hops} - {"connection"}
    assert (sent["x-end"], sent["host"], sent["x-forwarded-host"]) == ("1", "backend:9000", "here")
    assert (sent["x-forwarded-for"], sent["via"]) == ("192.0.2.7", "1.1 cierre")
    assert not answered.headers.keys() & {"x-back", "keep-alive", "connection"}


async def test_what_a_request_breaks_is_told_and_it_passes():
    answered, server = await ask(replying(BOOK, 201), "POST", "/books", json={"title": ""})
    assert answered.status_code == 201
    assert json.loads(answered.headers["mock-violations"])[0]["pointer"] == "/title"
    assert server.bodies == [b'{"title":""}']


async def test_what_an_answer_breaks_is_told_and_it_passes():
    answered, _ = await ask(replying({"id": "seven"}))
    assert answered.json() == {"id": "seven"}
    told = json.loads(answered.headers["mock-answer-violations"])
    assert {one["rule"] for one in told} == {"type", "required"}


@pytest.mark.parametrize("status", [418, 200])
async def test_a_status_or_type_that_is_not_documented_is_told(status):
    answered, _ = await ask(httpx.Response(status, headers={"content-type": "text/html"}, content=b"<p>"))
    rule = {418: "status", 200: "mediaType"}[status]
    assert [one["rule"] for one in json.loads(answered.headers["mock-answer-violations"])] == [rule]
    assert answered.content == b"<p>"


async def test_errors_refuse_either_side():
    refused, server = await ask(replying(BOOK, 201), "POST", "/books", json={"title": ""}, proxy={"errors": True})
    assert (refused.status_code, server.seen) == (422, [])
    broken, _ = await ask(replying({"id": "seven"}), proxy={"errors": True})
    assert broken.status_code == 502
    assert broken.json()["title"] == "The answer does not conform to the document"
    unknown, server = await ask(replying({}), path="/nothing", proxy={"errors": True})
    assert (unknown.status_code, server.seen) == (404, [])


async def test_what_the_document_does_not_have_passes_and_is_told():
    answered, _ = await ask(replying({}), path="/nothing")
    assert answered.status_code == 200
    assert [one["rule"] for one in json.loads(answered.headers["mock-violations"])] == ["operation"]
    asked, _ = await ask(replying(b"", 204), "OPTIONS", "/books")
    assert "mock-violations" not in asked.headers


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (replying({}, 501), "backend:9000 answered 501"),
        (httpx.Response(404, html="<h1>Not found</h1>"), "backend:9000 answered 404"),
        (httpx.Response(405, text="no"), "backend:9000 answered 405"),
        (httpx.ConnectError("refused"), "backend:9000 is away"),
    ],
)
async def test_the_mock_answers_for_what_is_not_there_yet(reply, why):
    answered, _ = await ask(reply, proxy={"fallback": True})
    assert (answered.status_code, answered.headers["mock-fallback"]) == (200, why)
    assert answered.json()["id"] == 7


async def test_a_documented_404_is_the_servers_own():
    answered, _ = await ask(replying({"code": "none"}, 404), proxy={"fallback": True})
    assert (answered.status_code, answered.json()) == (404, {"code": "none"})


@pytest.mark.parametrize(("error", "status"), [(httpx.ConnectError("refused"), 502), (httpx.ReadTimeout("late"), 504)])
async def test_a_server_that_is_away_is_a_502_and_a_late_one_a_504(error, status):
    answered, _ = await ask(error)
    assert answered.status_code == status
    assert "backend:9000" in answered.json()["detail"]
    assert answered.headers["date"].endswith("GMT")


async def test_compressed_answers_are_checked_and_pass_as_they_are():
    packed = gzip.compress(json.dumps({"id": "seven"}).encode())
    answered, _ = await ask(replying(packed, **{"content-encoding": "gzip"}))
    assert answered.json() == {"id": "seven"}
    assert answered.headers["content-encoding"] == "gzip"
    assert "mock-answer-violations" in answered.headers


def test_what_cannot_be_unpacked_is_not_checked():
    assert unpacked(b"x", "br", 10) is None
    assert unpacked(b"x", "gzip", 10) is None
    assert unpacked(gzip.compress(b"x" * 100), "gzip", 10) is None
    assert unpacked(gzip.compress(b"x"), "gzip", 10) == b"x"


async def test_large_bodies_pass_unchecked():
    large = json.dumps({"title": "x" * 1000}).encode()
    answered, server = await ask(
        replying({"id": "x" * 1000}, 201),
        "POST",
        "/books",
        content=large,
        headers={"content-type": "application/json"},
        proxy={"max_body": 100},
    )
    assert server.bodies == [large]
    assert server.seen[0].headers["content-length"] == str(len(large))
    assert answered.json() == {"id": "x" * 1000}
    assert "mock-answer-violations" not in answered.headers


async def test_a_body_without_a_length_passes():
    async def pieces():
        for piece in (b'{"title"', b': "Uno"}'):
            yield piece

    headers = {"content-type": "application/json", "transfer-encoding": "chunked"}
    answered, server = await ask(replying(BOOK, 201), "POST", "/books", content=pieces(), headers=headers)
    assert (answered.status_code, server.bodies) == (201, [b'{"title": "Uno"}'])


def scope_of(path):
    return {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [(b"host", b"here")]}


def streaming():
    spec = library()
    spec["paths"]["/events"] = {"get": {"responses": {"200": answer({"type": "string"}, "text/event-stream")}}}
    return spec


async def test_a_stream_passes_piece_by_piece_and_ends_when_the_client_goes():
    body = Pieces([b"data: 1\n\n", b"data: 2\n\n"], endless=True)
    reply = httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=body)
    app, _ = proxy_of(reply, streaming())
    sent, arrived = [], asyncio.Event()
    asked = iter([{"type": "http.request", "body": b""}])

    async def receive():
        message = next(asked, None)
        if message is None:
            await arrived.wait()
            return {"type": "http.disconnect"}
        return message

    async def send(message):
        sent.append(message)
        if message.get("body") == b"data: 2\n\n":
            arrived.set()

    await asyncio.wait_for(app(scope_of("/events"), receive, send), 5)
    assert [message.get("body") for message in sent[1:]] == [b"data: 1\n\n", b"data: 2\n\n"]
    assert body.closed


async def test_what_the_server_breaks_off_is_broken_off():
    class Broken(Pieces):
        async def __aiter__(self):
            yield b"data: 1\n\n"
            raise httpx.ReadError("gone")

    reply = httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Broken([]))
    app, _ = proxy_of(reply, streaming())
    sent = []

    async def receive():
        if sent:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": b""}

    async def send(message):
        sent.append(message)

    with pytest.raises(httpx.ReadError):
        await app(scope_of("/events"), receive, send)
    assert all(message.get("more_body", True) for message in sent[1:])


async def test_an_error_of_the_proxy_itself_is_a_500():
    answered, _ = await ask(RuntimeError("a fault"))
    assert (answered.status_code, answered.json()["detail"]) == (500, "RuntimeError: a fault")


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://a", "http://", "http://a/?b", "http://a/#b"])
def test_what_is_no_server_is_told(url):
    with pytest.raises(ValueError, match="no URL of a server"):
        Upstream(url)


async def test_credentials_of_the_url_are_not_sent():
    _, server = await ask(replying(BOOK), proxy={"upstream": "http://user:password@backend:9000"})
    assert str(server.seen[0].url) == "http://backend:9000/books/7"
    assert "authorization" not in server.seen[0].headers
