"""A server that speaks WebSocket, and a proxy before it, each in a thread with a port of its own."""

import threading
import time
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocketDisconnect

from cierre.mocks.loading import load
from cierre.mocks.proxy.app import ProxyApp
from cierre.mocks.proxy.options import ProxyOptions
from cierre.mocks.proxy.upstream import Upstream
from cierre.mocks.serving.server import address, listen
from cierre.server.config import server_config
from cierre.server.sockets import bind
from cierre.settings import ConnectionLimits, WebSocketLimits
from tests.support.library import answer, document

LIMITS = WebSocketLimits()
SPEC = document(
    {
        "/base/feed": {
            "get": {
                "operationId": "feed",
                "parameters": [{"name": "from", "in": "query", "required": True, "schema": {"type": "integer"}}],
                "responses": {"101": {"description": "A WebSocket."}, "200": answer()},
            }
        }
    }
)


class Backend:
    """Speaks WebSocket below /base. `closed`: the codes and reasons that its clients closed with."""

    def __init__(self):
        self.closed = []
        self.app = Starlette(
            routes=[
                WebSocketRoute("/base/echo", self.echo),
                WebSocketRoute("/base/told", self.told),
                WebSocketRoute("/base/feed", self.told),
                WebSocketRoute("/base/ends", self.ends),
                WebSocketRoute("/base/refuses", self.refuses),
                WebSocketRoute("/base/moved", self.moved),
                WebSocketRoute("/base/large", self.large),
                Route("/base/plain", lambda _: PlainTextResponse("plain")),
            ]
        )

    async def echo(self, socket):
        await socket.accept("chat" if "chat" in socket.scope["subprotocols"] else None)
        try:
            while (message := await socket.receive())["type"] == "websocket.receive":
                if message.get("text") is not None:
                    await socket.send_text(message["text"])
                else:
                    await socket.send_bytes(message["bytes"])
        except WebSocketDisconnect as gone:
            self.closed.append((gone.code, gone.reason))
        else:
            self.closed.append((message["code"], message.get("reason") or ""))

    async def told(self, socket):
        """Tells what it was asked."""
        await socket.accept(headers=[(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")])
        scope = socket.scope
        fields = {name.decode(): text.decode() for name, text in scope["headers"]}
        query = scope["query_string"].decode()
        await socket.send_json({"path": scope["raw_path"].decode(), "query": query, "headers": fields})
        message = await socket.receive()
        self.closed.append((message.get("code"), message.get("reason") or ""))

    async def ends(self, socket):
        await socket.accept()
        await socket.send_text("last")
        await socket.close(int(socket.query_params["code"]), socket.query_params.get("reason"))

    async def refuses(self, socket):
        await socket.send_denial_response(JSONResponse({"why": "no"}, 401, {"WWW-Authenticate": "Bearer"}))

    async def moved(self, socket):
        await socket.send_denial_response(PlainTextResponse("", 307, {"Location": "/base/echo"}))

    async def large(self, socket):
        await socket.accept()
        await socket.send_text("x" * 100_000)
        try:
            await socket.receive_text()
        except WebSocketDisconnect as gone:
            self.closed.append((gone.code, gone.reason))


@contextmanager
def served(config_of):
    """The address of a server that runs in a thread of its own; `config_of` gives its configuration."""
    listener = bind("127.0.0.1", 0)
    listen(listener)
    server = uvicorn.Server(config_of())
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        assert server.started
        yield address(listener), server
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


class Proxied:
    """A proxy before a backend.

    Attributes:
        url: of the proxy, with ws:.
        http: of the proxy.
        app: the proxy.
        server: uvicorn's, that serves the proxy.
        backend: behind it.
    """

    def __init__(self, url, app, server, backend):
        self.http = url
        self.url = url.replace("http", "ws", 1)
        self.app, self.server, self.backend = app, server, backend

    @property
    def calls(self):
        """Path, status and reason of the requests that the page shows, in order."""
        return [(one.request.path, one.status, one.why) for one in reversed(list(self.app.board.calls.newest()))]


@contextmanager
def backend_alone(backend=None):
    """The URL of a backend."""
    app = (backend or Backend()).app

    def configured():
        return uvicorn.Config(app, log_level="critical", ws="websockets-sansio", lifespan="off")

    with served(configured) as (url, _):
        yield url


@contextmanager
def proxied(limits=LIMITS, connections=None, *, base="/base", away=False, **options):
    """A proxy before a backend, both of which run meanwhile.

    Args:
        limits: of WebSockets; None: its server offers none.
        away: nobody listens behind it.
    """
    backend = Backend()
    with backend_alone(backend) as url:
        there = Upstream(("http://127.0.0.1:9" if away else url) + base)
        app = ProxyApp(load(SPEC), there, ProxyOptions(max_body=(limits or LIMITS).message_bytes, **options))

        def front():
            return server_config(
                app,
                connections or ConnectionLimits(),
                limits,
                log_level="critical",
                timeout_graceful_shutdown=2,
                date_header=False,
            )

        with served(front) as (at, server):
            yield Proxied(at, app, server, backend)
