"""A server of a few operations that drops connections, is silent, dies, comes back, or stays away."""

import contextlib
import json
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWER = {
    "description": "The thing.",
    "content": {"application/json": {"schema": {"type": "object", "required": ["n"]}}},
}
REFUSED = {"description": "Refused."}


def contract(**operations):
    """A document of `GET /things?n=`, `GET /others?n=` and a login, with `operations` over it."""
    number = {
        "name": "n",
        "in": "query",
        "required": True,
        "example": 3,
        "schema": {"type": "integer", "minimum": 0, "maximum": 9},
    }
    get = {"parameters": [number], "responses": {"200": ANSWER, "400": REFUSED, "405": REFUSED}}
    paths = {"/things": {"get": get}, "/others": {"get": get}, **operations}
    return {"openapi": "3.0.3", "info": {"title": "Things", "version": "1"}, "paths": paths}


class Cutting:
    """The server; `fault` happens at each request to `/things` of which `when(request)` holds, or at `only` of them.

    Faults: cut, reset, half, garbage, silent, dies (and comes back after `gone` seconds; None: never).
    """

    def __init__(self, fault="", *, path="/things", only=None, gone=None):
        self.fault, self.path, self.only, self.gone = fault, path, only, gone
        self.seen, self.faults, self.dead_until = 0, 0, 0.0
        self.lock = threading.Lock()

    def happens(self, path):
        with self.lock:
            self.seen += 1
            if not self.fault or path.partition("?")[0] != self.path or self.only in {0, self.faults}:
                return False
            self.faults += 1
            return True

    @property
    def dead(self):
        return time.monotonic() < self.dead_until

    def die(self):
        self.dead_until = time.monotonic() + (self.gone if self.gone is not None else 3600)


def _handler(server):  # noqa: C901 - one class, a method a fault
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if server.dead:
                return self.cut()
            if server.happens(self.path):
                return getattr(self, server.fault)()
            return self.ordinary(body)

        def __getattr__(self, name):
            # The server looks for `do_GET`, `do_POST` …
            if name.startswith("do_"):
                return self.answer
            raise AttributeError(name)

        def ordinary(self, _body):
            path, _, query = self.path.partition("?")
            value = query.removeprefix("n=")
            if path == "/login":
                return self.send(200, {"token": "token-of-things-0123456789"})
            if path not in {"/things", "/others"}:
                return self.send(404)
            if self.command not in {"GET", "HEAD"}:
                return self.send(405, Allow="GET, HEAD")
            if not (value.isascii() and value.isdigit() and len(value) == 1):
                return self.send(400)
            return self.send(200, {"n": int(value)})

        def send(self, status, value=None, **fields):
            body = b"" if value is None else json.dumps(value).encode()
            self.send_response(status)
            for name, field in fields.items():
                self.send_header(name, field)
            if body:
                self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def cut(self):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

        def reset(self):
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.rfile.close()
            self.connection.close()

        def half(self):
            self.close_connection = True
            self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"n": ')

        def garbage(self):
            self.close_connection = True
            self.wfile.write(b"\x16\x03\x01 nothing of HTTP\r\n\r\n")

        def silent(self):
            time.sleep(2)
            self.close_connection = True

        def dies(self):
            server.die()
            self.cut()

        def finish(self):
            with contextlib.suppress(OSError, ValueError):
                super().finish()

        def log_message(self, *_):
            pass

    return Handler


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass

    def shutdown_request(self, request):
        with contextlib.suppress(OSError):
            super().shutdown_request(request)


@contextlib.contextmanager
def serving(server):
    """Serve it on a free port: the base URL."""
    listening = _Quiet(("127.0.0.1", 0), _handler(server))
    threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.server_address[1]}"
    finally:
        listening.shutdown()
        listening.server_close()
