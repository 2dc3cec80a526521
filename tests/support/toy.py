"""Somebody else's service, with a contract of its own, and what can be wrong with it.

Tests of the runner start it with one fault and see it found.
"""

import asyncio
import contextlib
import json
import socket
import threading
import time

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

PROBLEM = {
    "description": "Refused.",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["title", "status"],
                "properties": {"title": {"type": "string"}, "status": {"type": "integer"}},
            }
        }
    },
}
NOTE = {
    "type": "object",
    "required": ["id", "text", "createdAt"],
    "properties": {
        "id": {"type": "integer"},
        "text": {"type": "string"},
        "createdAt": {"type": "string", "format": "date-time"},
    },
    "additionalProperties": False,
}
BODY = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "minLength": 1, "maxLength": 20}},
    "additionalProperties": False,
}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1, "maximum": 999}}
REFUSALS = {status: {"$ref": "#/components/responses/Problem"} for status in ("400", "401", "405", "415")}
CONTRACT = {
    "openapi": "3.0.3",
    "info": {"title": "Notes", "version": "1.2.3"},
    "security": [{"bearerAuth": []}],
    "paths": {
        "/notes": {
            "post": {
                "operationId": "create_note",
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {"$ref": "#/components/schemas/Body"},
                            "examples": {"milk": {"value": {"text": "milk"}}},
                        }
                    },
                },
                "responses": {
                    "201": {
                        "description": "Made.",
                        "headers": {"Location": {"required": True, "schema": {"type": "string"}}},
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Note"}},
                            "application/vnd.notes+json": {"schema": {"$ref": "#/components/schemas/Note"}},
                        },
                        "links": {
                            "GetIt": {"operationId": "get_note", "parameters": {"id": "$response.body#/id"}},
                            "DropIt": {"operationId": "delete_note", "parameters": {"id": "$response.body#/id"}},
                        },
                    },
                    **REFUSALS,
                },
            }
        },
        "/notes/{id}": {
            "parameters": [ID],
            "get": {
                "operationId": "get_note",
                "responses": {
                    "200": {
                        "description": "Here.",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Note"}}},
                    },
                    "404": {"$ref": "#/components/responses/Problem"},
                    **REFUSALS,
                },
            },
            "delete": {
                "operationId": "delete_note",
                "responses": {
                    "200": {"description": "Gone."},
                    "204": {"description": "Gone."},
                    "404": {"$ref": "#/components/responses/Problem"},
                    **REFUSALS,
                },
            },
        },
    },
    "components": {
        "schemas": {"Note": NOTE, "Body": BODY},
        "responses": {"Problem": PROBLEM},
        "securitySchemes": {"bearerAuth": {"type": "http", "scheme": "bearer"}},
    },
}
AUTH = """
- scheme: bearerAuth
  login: {path: /login, json: {user: me, password: of-straw}, token: /token}
  fresh: true
"""


class Notes:
    """The service. `fault` is one thing that it does wrong."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.tokens: set[str] = set()
        self.notes: dict[int, str] = {}

    def app(self) -> Starlette:
        methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "QUERY", "OPTIONS"]
        routes = [
            Route("/login", self.login, methods=["POST"]),
            Route("/notes", self.collection, methods=methods),
            Route("/notes/{id}", self.item, methods=methods),
        ]
        return Starlette(routes=routes)

    async def login(self, _request: Request) -> Response:
        if self.fault.startswith("logins again in ") and self.tokens:
            return self.refused(429, **{"Retry-After": self.fault.removeprefix("logins again in ")})
        self.tokens.add(token := f"token-of-notes-{len(self.tokens):010}")
        return JSONResponse({"token": token})

    def refused(self, status: int, **headers: str) -> Response:
        body = {"title": "refused", "status": "x" if self.fault == "wrong type" else status}
        return Response(json.dumps(body), status, headers, "application/problem+json")

    def known(self, request: Request) -> bool:
        if self.fault == "no auth":
            return True
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme == "Bearer" and token in self.tokens

    async def collection(self, request: Request) -> Response:  # noqa: PLR0911 - one a refusal
        if self.fault == "too many notes":
            return self.refused(429)
        if request.method != "POST":
            return self.refused(405, Allow="POST")
        if not self.known(request):
            return self.refused(401, **{"WWW-Authenticate": "Bearer"})
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            return self.refused(415)
        text = self.text(await request.body())
        if text is None:
            return self.refused(500 if self.fault == "crash" else 400)
        number = len(self.notes) % 999 + 1
        self.notes[number] = text
        kind = "application/json"
        if "vnd.notes" in request.headers.get("accept", "") and self.fault != "ignores accept":
            kind = "application/vnd.notes+json"
        if self.fault == "long texts" and len(text) >= 7:
            return self.refused(500)
        headers = {} if self.fault == "no location" else {"Location": f"/notes/{number}"}
        body = json.dumps(self.note(number))
        return Response(
            body.replace(f'"id": {number}', '"id": NaN') if self.fault == "nan" else body, 201, headers, kind
        )

    def text(self, body: bytes) -> str | None:
        try:
            value = json.loads(body.decode(), parse_constant=int, object_pairs_hook=self.unique)
        except (ValueError, RecursionError):
            return None
        good = isinstance(value, dict) and set(value) == {"text"} and isinstance(value["text"], str)
        longest = 18 if self.fault == "shorter limit" else 20
        return value["text"] if good and 1 <= len(value["text"]) <= longest else None

    def unique(self, pairs: list) -> dict:
        if len({name for name, _ in pairs}) != len(pairs):
            raise ValueError("a name twice")
        return dict(pairs)

    def note(self, number: int) -> dict:
        day = "today" if self.fault == "no timestamp" else "2026-01-01T00:00:00Z"
        return {"id": number, "text": self.notes[number], "createdAt": day}

    async def item(self, request: Request) -> Response:  # noqa: PLR0911 - one a refusal
        if request.method not in {"GET", "DELETE"}:
            return self.refused(405, Allow="GET, DELETE")
        if not self.known(request):
            return self.refused(401, **{"WWW-Authenticate": "Bearer"})
        raw = request.path_params["id"]
        if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw) <= 999 or raw.startswith("0"):
            return self.refused(400)
        if int(raw) not in self.notes:
            return self.refused(404)
        if self.fault == "slow":
            await asyncio.sleep(0.25)
        if request.method == "GET":
            return JSONResponse(self.note(int(raw)))
        if self.fault != "keeps deleted":
            del self.notes[int(raw)]
        if self.fault in {"another status", "body where none"}:
            return Response(b"gone", 202 if self.fault == "another status" else 200)
        return Response(b"", 204)


@contextlib.contextmanager
def serving(app):
    """Serve an ASGI app on a free port of this machine: the base URL."""
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(5)
