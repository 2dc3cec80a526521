"""A service with two bugs in one operation, each a 500: a limit of zero or less, and an age of no human."""

import itertools
import json

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_INTEGER = {"type": "integer", "minimum": -1000000, "maximum": 1000000}
_PERSON = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "age": _INTEGER}}
CONTRACT = {
    "openapi": "3.0.3",
    "info": {"title": "People", "version": "1"},
    "paths": {
        "/people": {
            "post": {
                "parameters": [{"name": "limit", "in": "query", "schema": _INTEGER}],
                "requestBody": {"required": True, "content": {"application/json": {"schema": _PERSON}}},
                "responses": {status: {"description": ""} for status in ("200", "400", "405")},
            }
        }
    },
}
SAME = ("Internal Server Error", "Internal Server Error")
TYPED = ("ZeroDivisionError: division by zero", "IndexError: list index out of range")
ONE = ("ValueError: not for '{age}' nor {limit}", "ValueError: not for '{age}' nor {limit}")


def app(texts, *, only=None):
    """The service; its two bugs say `texts`, with an id that is another each time. `only`: one of the bugs."""
    ids = itertools.count(1000)

    async def people(request):
        if request.method != "POST":
            return Response(b"", 405, {"Allow": "POST"})
        try:
            body, limit = json.loads(await request.body()), int(request.query_params.get("limit", 1))
        except (ValueError, RecursionError):
            return Response(b"", 400)
        if not _is_person(body) or not -1000000 <= limit <= 1000000:
            return Response(b"", 400)
        age = body.get("age", 1)
        broken = [limit <= 0, not 0 <= age <= 200]
        for number, bug in enumerate(broken):
            if bug and only in {None, number}:
                text = texts[number].format(age=age, limit=limit)
                return JSONResponse({"error": text, "incident": f"i-{next(ids)}"}, 500)
        return Response(b"", 200)

    methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "QUERY", "OPTIONS"]
    return Starlette(routes=[Route("/people", people, methods=methods)])


def _is_person(body):
    if not isinstance(body, dict) or not isinstance(body.get("name"), str):
        return False
    age = body.get("age", 1)
    return isinstance(age, int) and not isinstance(age, bool) and -1000000 <= age <= 1000000
