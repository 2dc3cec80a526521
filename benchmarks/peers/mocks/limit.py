"""A limit: bare Starlette that reads the body and answers with a constant. It validates and routes nothing.

The list of the document that DOCUMENT names is sent as bytes that are ready.
"""

import json
import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

ANSWER = {
    "success": True,
    "message": "Sesión cerrada exitosamente",
    "data": {
        "logout": {
            "sessionsClosed": 1,
            "deviceIds": ["550e8400-e29b-41d4-a716-446655440000"],
            "logoutType": "single_device",
            "loggedOutAt": "2025-09-25T15:30:00.000Z",
        },
        "user": {"id": "64f8a123b456c789d012e345", "email": "usuario@ejemplo.com", "activeSessions": 2},
    },
}


async def logout(request: Request) -> JSONResponse:
    await request.json()
    return JSONResponse(ANSWER)


def _list() -> bytes:
    """The example of `GET /orders`, where there is a document that has one."""
    path = os.environ.get("DOCUMENT")
    paths = json.loads(Path(path).read_text(encoding="utf-8"))["paths"] if path else {}
    if "/orders" not in paths:
        return b"[]"
    content = paths["/orders"]["get"]["responses"]["200"]["content"]["application/json"]
    return json.dumps(content["example"], separators=(",", ":")).encode()


LIST = _list()


async def orders(_: Request) -> Response:
    return Response(LIST, media_type="application/json")


app = Starlette(routes=[Route("/api/v1/auth/logout", logout, methods=["POST"]), Route("/orders", orders)])
