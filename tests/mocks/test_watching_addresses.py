"""A document at an address is asked for again: by its ETag or its time, and the last good version stays."""

import io
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from cierre.mocks.app import MockApp
from cierre.mocks.loading import load
from cierre.mocks.log import Log
from cierre.mocks.serving.reload import reload_on_edit
from tests.support.eventually import eventually
from tests.support.mocked import answering

# Seconds: each request is made by a client of its own.
PATIENCE = 60


class _Shelf(BaseHTTPRequestHandler):
    """Serves what stands in `text` on the server, by its version."""

    def do_GET(self):
        server = self.server
        server.asked.append(dict(self.headers))
        version = f'"{server.version}"'
        known = self.headers.get("If-None-Match" if server.field == "ETag" else "If-Modified-Since")
        self.send_response(500 if server.text is None else 304 if known == version else 200)
        self.send_header(server.field, version)
        self.end_headers()
        if server.text is not None and known != version:
            self.wfile.write(server.text)

    def log_message(self, *_):
        pass


@pytest.fixture(params=["ETag", "Last-Modified"])
def shelf(request):
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Shelf)
    server.asked, server.field = [], request.param
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def put(shelf, value):
    shelf.text = json.dumps(answering(example=value)).encode() if value is not None else b"{"
    shelf.version = repr(value)


async def test_what_is_new_at_the_address_is_served_and_a_broken_text_is_not(shelf):
    put(shelf, 1)
    address = f"http://127.0.0.1:{shelf.server_port}/openapi.json"
    written = io.StringIO()
    log = Log(stream=written)
    app = MockApp(load(address), log=log)
    stop = reload_on_edit(lambda: load(address), log, every=0.01)(app)

    def serves(value):
        shown = app.document.root["paths"]["/x"]["get"]["responses"]["200"]["content"]["application/json"]
        return shown["example"] == value

    def conditional():
        return [one for one in shelf.asked if {"If-None-Match", "If-Modified-Since"} & set(one)]

    await eventually(lambda: len(conditional()) > 2, PATIENCE)
    assert "was edited" not in written.getvalue()
    put(shelf, 2)
    await eventually(lambda: serves(2), PATIENCE)
    put(shelf, None)
    await eventually(lambda: "the last good version is still served" in written.getvalue(), PATIENCE)
    assert serves(2)
    shelf.text = None
    await eventually(lambda: "answered with 500" in written.getvalue(), PATIENCE)
    put(shelf, 3)
    await eventually(lambda: serves(3), PATIENCE)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://mock") as client:
        assert (await client.get("/x")).json() == 3
    await stop()
    # Once for each outage.
    assert written.getvalue().count("answered with 500") == 1
