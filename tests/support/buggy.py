"""A service whose bugs hide each other: one for small numbers, another for large ones."""

import json

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

SIZE = "#/paths/~1sizes/post/responses/200/content/application~1json/schema/properties/size"
_NUMBER = {"type": "integer", "minimum": -1000000, "maximum": 1000000}
_MEMBERS = {"type": "object", "required": ["size"], "properties": {"size": _NUMBER}, "additionalProperties": False}
CONTRACT = {
    "openapi": "3.0.3",
    "info": {"title": "Sizes", "version": "1"},
    "paths": {
        "/sizes": {
            "post": {
                "requestBody": {"required": True, "content": {"application/json": {"schema": _MEMBERS}}},
                "responses": {
                    "200": {"description": "The size.", "content": {"application/json": {"schema": _MEMBERS}}},
                    "400": {"description": "Refused."},
                    "405": {"description": "Refused."},
                },
            }
        }
    },
}


async def sizes(request):
    if request.method != "POST":
        return Response(b"", 405, {"Allow": "POST"})
    try:
        value = json.loads(await request.body())
    except (ValueError, RecursionError):
        return Response(b"", 400)
    size = value.get("size") if isinstance(value, dict) and set(value) == {"size"} else None
    if isinstance(size, bool) or not isinstance(size, int) or not -1000000 <= size <= 1000000:
        return Response(b"", 400)
    if size <= 1000:
        return Response(b"broken", 500)
    return JSONResponse({"size": str(size)})


app = Starlette(
    routes=[Route("/sizes", sizes, methods=["GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "QUERY", "OPTIONS"])]
)
