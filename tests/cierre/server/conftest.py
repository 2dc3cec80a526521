"""A small application behind the limited protocol, on a port of its own."""

import asyncio
import json
import socket
import threading
import time
from contextlib import ExitStack, contextmanager

import pytest
import uvicorn

from cierre.server.config import server_config
from cierre.settings import ConnectionLimits

BIG = b"x" * 30_000_000


async def app(scope, receive, send):
    """Answers with what it was sent; `/early` with 413 before it reads, `/big` with 30 MB, `/slow` after 1 s.

    `/block` holds up the whole server for 2 s.
    """
    path, status, body = scope["path"], 200, b""
    if path == "/early":
        status, answer = 413, b"too large"
    elif path == "/big":
        answer = BIG
    else:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message["body"]
            if not message["more_body"]:
                break
        if path == "/slow":
            await asyncio.sleep(1)
        if path == "/block":
            time.sleep(2)  # noqa: ASYNC251 - as a process is held up
        headers = [[name.decode(), value.decode()] for name, value in scope["headers"]]
        answer = json.dumps({"path": path, "headers": headers, "body": body.decode("latin-1")}).encode()
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-length", str(len(answer)).encode())],
        }
    )
    await send({"type": "http.response.body", "body": answer})


@contextmanager
def serving(limits):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = server_config(app, limits, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(10)


@pytest.fixture
def serve_with():
    """`serve_with(header_timeout=500)`: the port of a server with these limits."""
    with ExitStack() as stack:
        yield lambda **limits: stack.enter_context(serving(ConnectionLimits(**limits)))


@pytest.fixture
def connect():
    """`connect(port)`: a connection, closed with the test."""
    with ExitStack() as stack:
        yield lambda port: stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
