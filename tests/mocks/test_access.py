"""The routes of the mock itself are for who started it, and the mock sends nothing to where nobody allowed it."""

import asyncio
import io
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
import pytest

from cierre.mocks import mock_app
from cierre.mocks.access import Destinations, is_loopback, refusal_of
from cierre.mocks.log import Log
from cierre.mocks.options import read_size
from cierre.mocks.serving.threaded import ThreadedMock
from tests.support.mocked import answering, client_of, document

WEBHOOKS = {"W": {"post": {"requestBody": {"content": {"application/json": {"example": 1}}}, "responses": {}}}}
SPEC = document({}, "3.1.0", webhooks=WEBHOOKS, servers=[{"url": "https://api.example.com/v1"}])


@pytest.fixture(scope="module")
def mock():
    with ThreadedMock(mock_app(SPEC, allowed_hosts=("mock.test",))) as running:
        yield running.url


@pytest.fixture
def elsewhere():
    """A server that redirects to another path of itself: its URL and the paths that were asked for."""
    paths = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            paths.append(self.path)
            self.send_response(307)
            self.send_header("Location", "/inner")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    server.server_close()


# --- who may ask


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:4010"}, 200),
        ({"Host": "mock.test"}, 200),
        ({"Host": "[::1]:4010"}, 200),
        ({"Host": "attacker.example"}, 403),
        ({"Host": "127.0.0.1.attacker.example"}, 403),
        ({"Origin": "https://attacker.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "localhost:1", "Origin": "http://localhost:2"}, 403),
        ({"Host": "localhost:1", "Origin": "http://localhost:1"}, 200),
    ],
)
def test_the_document_is_for_this_machine_and_pages_of_the_mock(mock, headers, status):
    answer = httpx.get(f"{mock}/__mock/openapi.json", headers=headers)
    assert answer.status_code == status
    assert "access-control-allow-origin" not in answer.headers


def test_a_page_of_another_site_gets_no_permission_to_use_the_mocks_own_routes(mock):
    asked = {"Origin": "https://attacker.example", "Access-Control-Request-Method": "POST"}
    answer = httpx.options(f"{mock}/__mock/webhooks/W", headers=asked)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_a_webhook_is_asked_for_in_json(mock, elsewhere):
    body = f'{{"url": "{elsewhere[0]}/hook"}}'
    plain = httpx.post(f"{mock}/__mock/webhooks/W", content=body, headers={"Content-Type": "text/plain"})
    assert plain.status_code == 415
    assert "application/json" in plain.json()["detail"]
    assert elsewhere[1] == []


def test_the_address_that_the_mock_is_bound_to_is_a_name_of_it():
    assert refusal_of({"host": "192.0.2.7:4010"}, "192.0.2.7", ()) is None
    assert "--allowed-host 192.0.2.8" in refusal_of({"host": "192.0.2.8:4010"}, "192.0.2.7", ())


# --- where requests are sent


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_this_machine_by_name(name):
    assert is_loopback(name)


@pytest.mark.parametrize("name", ["", "0.0.0.0", "10.0.0.1", "2130706433", "localhost.example.com", "fe80::1"])
def test_not_this_machine_by_name(name):
    assert not is_loopback(name)


@pytest.mark.parametrize(
    ("url", "by_operator", "by_request"),
    [
        ("http://127.0.0.1:9/hook", True, True),
        ("https://hooks.test/x", True, True),
        ("http://hooks.test:9/x", True, True),
        ("http://port.test:81/x", False, False),
        ("http://port.test:80/x", True, True),
        ("http://port.test/x", True, True),
        ("https://api.example.com/other", True, False),
        ("http://api.example.com/other", False, False),
        ("http://169.254.169.254/latest", False, False),
        ("http://127.0.0.1@example.com/", False, False),
        ("http://example.com\\@127.0.0.1/", False, False),
        ("http://127.0.0.1 .example.com/", False, False),
        ("file:///etc/passwd", False, False),
        ("http://[::1", False, False),
        ("", False, False),
    ],
)
def test_destinations(url, by_operator, by_request):
    allowed = Destinations(SPEC, ("hooks.test", "port.test:80"))
    found = [allowed.refusal_of(url, from_request=by) is None for by in (False, True)]
    assert found == [by_operator, by_request]


async def test_a_webhook_goes_nowhere_that_nobody_allowed():
    async with client_of(SPEC) as client:
        refused = await client.post("/__mock/webhooks/W", json={"url": "http://10.0.0.1/internal"})
    assert refused.status_code == 403
    assert "--allow-callback-host 10.0.0.1" in refused.json()["detail"]


async def test_redirects_are_not_followed(elsewhere):
    url, paths = elsewhere
    async with client_of(SPEC) as client:
        sent = await client.post("/__mock/webhooks/W", json={"url": f"{url}/hook"})
    assert (sent.json(), paths) == ({"status": 307}, ["/hook"])


async def test_a_callback_goes_nowhere_that_nobody_allowed():
    operation = {
        "requestBody": {"content": {"application/json": {"schema": {}}}},
        "responses": {"201": {"description": ""}},
        "callbacks": {
            "chosen": {"{$request.body#/url}": {"post": {"responses": {}}}},
            "fixed": {"http://10.0.0.2/hook": {"post": {"responses": {}}}},
            "mixed": {"https://api.example.com{$request.body#/more}": {"post": {"responses": {}}}},
        },
    }
    spec = document({"/x": {"post": operation}}, servers=SPEC["servers"])
    written = io.StringIO()
    app = mock_app(spec)
    app.log = Log(stream=written)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://mock") as client:
        await client.post("/x", json={"url": "http://10.0.0.1/internal", "more": ".attacker.example/"})
        async with asyncio.timeout(10):
            await asyncio.gather(*app._tasks)
    for name, host in (("chosen", "10.0.0.1"), ("fixed", "10.0.0.2"), ("mixed", "api.example.com.attacker.example")):
        assert f"callback {name} is not sent: {host} is not allowed" in written.getvalue()


# --- how large a body may be


async def pieces(count):
    for _ in range(count):
        yield b"x" * 1000


async def test_a_body_has_a_limit_with_and_without_its_length():
    operation = {"requestBody": {"content": {"text/plain": {"schema": {}}}}}
    plain = {"Content-Type": "text/plain"}
    async with client_of(answering(method="post", operation=operation), max_body=5000) as client:
        fits = await client.post("/x", content=b"x" * 5000, headers=plain)
        declared = await client.post("/x", content=b"x" * 5001, headers=plain)
        chunked = await client.post("/x", content=pieces(6), headers=plain)
        own = await client.post("/__mock/webhooks/W", content=b"x" * 5001, headers={"Content-Type": "application/json"})
    assert [one.status_code for one in (fits, declared, chunked, own)] == [200, 413, 413, 413]


@pytest.mark.parametrize(
    ("text", "size"), [("500", 500), ("500kB", 500_000), ("10MB", 10_000_000), ("10 mb", 10_000_000)]
)
def test_sizes_have_units(text, size):
    assert read_size(text) == size
