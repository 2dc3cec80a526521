"""The mock as a program: start, mistakes, edits, callbacks, webhooks, log, and the fixture."""

import asyncio
import io
import json
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
import pytest

from cierre.mocks import mock_app
from cierre.mocks.app import MockApp
from cierre.mocks.loading import load
from cierre.mocks.log import Log
from cierre.mocks.messages import MockReply, MockRequest
from cierre.mocks.serving.reload import reload_on_edit
from cierre.mocks.serving.threaded import ThreadedMock
from cierre.oas.document import Document
from tests.support.mocked import answering, client_of, document

CIERRE = [sys.executable, "-c", "from cierre.cli import main; main()"]


def cierre(*arguments, **options):
    return subprocess.run([*CIERRE, *arguments], capture_output=True, text=True, timeout=60, check=False, **options)


# --- the command


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nope.yaml"], "nope.yaml: cannot be read"),
        (["one.yaml"], "Swagger '1.2': only 2.0 of Swagger is understood"),
        (["broken.yaml"], "broken.yaml:2:20: must be a mapping of statuses"),
        (["--dialect", "nope"], "no operation speaks the dialect 'nope'"),
        (["broken.yaml", "--dialect", "session"], "leave SPEC out"),
        (["--stateful", "--dynamic"], "leave out --dynamic"),
        (["--delay", "soon"], "200..800ms"),
        (["--delay-of", "x"], "OPERATION="),
        (["--webhook", "x"], "--to"),
        (["--webhook", "x", "--to", "http://127.0.0.1:1"], "no webhook 'x'"),
        (["--host", "192.0.2.1"], "can't listen on 192.0.2.1:4010"),
    ],
)
def test_a_mistake_is_reported_without_a_traceback_and_exits_with_2(tmp_path, arguments, said):
    (tmp_path / "one.yaml").write_text('swagger: "1.2"', encoding="utf-8")
    broken = "openapi: 3.0.0\npaths: {/a: {get: {responses: 3}}}"
    (tmp_path / "broken.yaml").write_text(broken, encoding="utf-8")
    ended = cierre("mock", *arguments, cwd=tmp_path)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_command_loads_nothing_of_the_service():
    script = (
        "import sys, cierre.cli.mock, cierre.mocks.serving.server, cierre.mocks.app, cierre.mocks.contract\n"
        "import cierre.mocks.serving.reload\n"
        "cierre.mocks.contract.load_contract()\n"
        "print([name for name in ('connexion', 'sqlalchemy', 'schemathesis', 'hypothesis', 'rich', 'httpx')"
        " if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.strip() == "[]"


# --- edits


async def until(condition, patience=5.0):
    begun = time.perf_counter()
    while not await condition():
        if time.perf_counter() - begun > patience:
            raise TimeoutError
        await asyncio.sleep(0.005)
    return time.perf_counter() - begun


async def test_an_edit_of_any_file_is_served_and_a_broken_one_keeps_the_last_good_version(tmp_path):
    path, part = tmp_path / "openapi.yaml", tmp_path / "part.yaml"
    path.write_text("openapi: 3.0.3\npaths: {/x: {$ref: part.yaml}}", encoding="utf-8")
    text = "get: {responses: {200: {content: {application/json: {example: NUMBER}}}}}"
    part.write_text(text.replace("NUMBER", "1"), encoding="utf-8")
    written = io.StringIO()
    log = Log(stream=written)
    app = MockApp(load(path), log=log)
    stop = reload_on_edit(lambda: load(path), log)(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://mock") as client:

        async def shows(number):
            return (await client.get("/x")).json() == number

        assert await shows(1)
        # An edit before the watcher is up is not lost; once it is served, the watcher is up.
        part.write_text(text.replace("NUMBER", "22"), encoding="utf-8")
        await until(lambda: shows(22))
        part.write_text(text.replace("NUMBER", "3"), encoding="utf-8")
        assert await until(lambda: shows(3)) < 1.0
        part.write_text("get: [", encoding="utf-8")

        async def is_reported():
            return "part.yaml:" in written.getvalue()

        await until(is_reported)
        assert await shows(3)
        part.write_text(text.replace("NUMBER", "44"), encoding="utf-8")
        await until(lambda: shows(44))
    await stop()


async def test_a_file_that_an_edit_adds_is_watched_as_well(tmp_path):
    path, added = tmp_path / "openapi.yaml", tmp_path / "parts" / "added.yaml"
    path.write_text("openapi: 3.0.3\npaths: {}", encoding="utf-8")
    added.parent.mkdir()
    text = "get: {responses: {200: {content: {application/json: {example: NUMBER}}}}}"
    added.write_text(text.replace("NUMBER", "1"), encoding="utf-8")
    written = io.StringIO()
    log = Log(stream=written)
    app = MockApp(load(path), log=log)
    stop = reload_on_edit(lambda: load(path), log)(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://mock") as client:

        async def shows(number):
            answer = await client.get("/x")
            return answer.status_code == 200 and answer.json() == number

        path.write_text("openapi: 3.0.3\npaths: {/x: {$ref: parts/added.yaml}}", encoding="utf-8")
        await until(lambda: shows(1))
        added.write_text(text.replace("NUMBER", "22"), encoding="utf-8")
        await until(lambda: shows(22))
        assert written.getvalue().count("was edited") == 2
    await stop()


# --- callbacks and webhooks


class _Inbox(BaseHTTPRequestHandler):
    received: list = []  # noqa: RUF012 - one a server, set by the fixture

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.received.append((self.path, json.loads(body)))
        self.send_response(202)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def inbox():
    handler = type("Inbox", (_Inbox,), {"received": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler.received
    server.shutdown()
    server.server_close()
    thread.join()


EVENT = {"type": "object", "required": ["event"], "properties": {"event": {"type": "string"}}}
EVENTS = {
    "application/json": {
        "schema": EVENT,
        "examples": {"paid": {"value": {"event": "paid"}}, "late": {"value": {"event": "late"}}},
    }
}


def subscribing(expression):
    operation = {
        "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
        "responses": {"201": {"content": {"application/json": {"example": {"id": 5}}}}},
        "callbacks": {"onEvent": {expression: {"post": {"requestBody": {"content": EVENTS}, "responses": {}}}}},
    }
    return document({"/subscriptions": {"post": operation}})


async def arrived(received):
    async def something():
        return bool(received)

    await until(something)
    return received[0]


async def test_callbacks_are_sent_to_the_url_of_the_request(inbox):
    url, received = inbox
    async with client_of(subscribing("{$request.body#/url}?id={$response.body#/id}&m={$method}")) as client:
        assert (await client.post("/subscriptions", json={"url": f"{url}/hook"})).status_code == 201
        assert await arrived(received) == ("/hook?id=5&m=POST", {"event": "paid"})


async def test_unlike_prism_the_callbacks_example_can_be_chosen(inbox):
    url, received = inbox
    async with client_of(subscribing("{$request.query.to}/x")) as client:
        await client.post(f"/subscriptions?to={url}", json={}, headers={"Prefer": "callback=late"})
        assert await arrived(received) == ("/x", {"event": "late"})


async def test_a_callback_is_of_the_document_that_answered_though_another_one_is_served_by_then(inbox):
    url, received = inbox
    spec = subscribing("{$request.body#/url}")
    [callback] = spec["paths"]["/subscriptions"]["post"]["callbacks"]["onEvent"].values()
    callback["post"]["requestBody"] = {"$ref": "#/components/requestBodies/Event"}
    spec["components"] = {"requestBodies": {"Event": {"content": EVENTS}}}
    app = mock_app(spec)

    class EditedMeanwhile(Log):
        def add_request(self, *_):
            app.install(Document(document({})))

    app.log = EditedMeanwhile()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://mock") as client:
        assert (await client.post("/subscriptions", json={"url": f"{url}/hook"})).status_code == 201
        assert await arrived(received) == ("/hook", {"event": "paid"})


async def test_a_callback_without_a_url_or_a_listener_does_no_harm():
    async with client_of(subscribing("{$request.body#/url}")) as client:
        assert (await client.post("/subscriptions", json={})).status_code == 201
        assert (await client.post("/subscriptions", json={"url": "http://127.0.0.1:1"})).status_code == 201


async def test_webhooks_are_sent_on_demand(inbox):
    url, received = inbox
    spec = document({}, "3.1.0", webhooks={"paid": {"post": {"requestBody": {"content": EVENTS}, "responses": {}}}})
    async with client_of(spec) as client:
        sent = await client.post("/__mock/webhooks/paid", json={"url": f"{url}/w", "example": "late"})
        unknown = await client.post("/__mock/webhooks/nope", json={"url": url})
    assert sent.json() == {"status": 202}
    assert received == [("/w", {"event": "late"})]
    assert unknown.status_code == 400


def test_a_command_sends_a_webhook(inbox, tmp_path):
    url, received = inbox
    spec = document({}, "3.1.0", webhooks={"paid": {"post": {"requestBody": {"content": EVENTS}, "responses": {}}}})
    (tmp_path / "w.json").write_text(json.dumps(spec), encoding="utf-8")
    ended = cierre("mock", "w.json", "--webhook", "paid", "--to", url, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (0, "paid: answered with 202\n")
    assert received == [("/", {"event": "paid"})]


# --- log


async def logged(path, *, as_json=False, **more):
    written = io.StringIO()
    app = mock_app(answering({"type": "integer"}, example=1, operation={"operationId": "one"}))
    app.log = Log(stream=written, as_json=as_json)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://mock") as client:
        await client.get(path, **more)
    return written.getvalue()


async def test_a_line_a_request_says_why_this_answer():
    assert "GET /x → 200" in (line := await logged("/x?token=secret"))
    assert "the example (the first success)" in line
    assert "secret" not in line


async def test_a_json_log_has_the_operation_and_the_violations():
    line = json.loads(await logged("/x", as_json=True))
    assert (line["operation"], line["status"], line["violations"]) == ("one", 200, [])
    assert line["why"] == "the example (the first success)"


@pytest.mark.parametrize("coloured", [False, True])
def test_control_characters_of_a_path_do_not_reach_the_terminal(coloured, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    written = io.StringIO()
    written.isatty = lambda: coloured
    Log(stream=written).add_request(
        MockRequest("GET", "/\x1b]0;mine\r", b"", {}, b""), MockReply(200, [], b"", "x"), 0.1, None
    )
    assert ("\x1b[1m" in written.getvalue()) == coloured
    assert "\x1b]" not in written.getvalue()
    assert "\r" not in written.getvalue()


# --- in tests of others


def test_the_fixture_starts_a_mock_and_keeps_what_was_asked(cierre_mock):
    mock = cierre_mock(answering(example={"a": 1}))
    assert httpx.get(f"{mock.url}/x").json() == {"a": 1}
    call = mock.calls[0]
    assert (call.request.method, call.request.path, call.reply.status) == ("GET", "/x", 200)


def test_ipv6_and_several_mocks_at_once():
    with ThreadedMock(mock_app(answering(example=1))) as one, ThreadedMock(mock_app(answering(example=2))) as two:
        assert (httpx.get(f"{one.url}/x").json(), httpx.get(f"{two.url}/x").json()) == (1, 2)


def test_a_request_target_may_be_as_long_as_a_header_section(cierre_mock):
    """The service refuses one of over 8 KB; a parameter without `maxLength` does not."""
    mock = cierre_mock(answering(example={"a": 1}))
    assert httpx.get(f"{mock.url}/x?q={'a' * 10_000}").status_code == 200
