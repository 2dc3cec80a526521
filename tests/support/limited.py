"""A service with a quota of requests, and what can be wrong with it."""

import time

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

# More than a run of a few examples sends.
QUOTA, WINDOW = 300, 60
_PROBLEM = {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}}}
_TOO_MANY = {
    "description": "Too many.",
    "headers": {"Retry-After": {"required": True, "schema": {"type": "string"}}},
    "content": {"application/json": {"schema": _PROBLEM}, "application/problem+json": {"schema": _PROBLEM}},
}
_GOOD = {"description": "Here.", "content": {"application/json": {"schema": {"type": "object"}}}}
CONTRACT = {
    "openapi": "3.0.3",
    "info": {"title": "Limited", "version": "1"},
    "paths": {
        "/items": {"get": {"responses": {"200": _GOOD, "405": {"description": ""}, "429": _TOO_MANY}}},
        "/free": {"get": {"responses": {"200": _GOOD, "405": {"description": ""}}}},
    },
}
# Each fault, and the check that finds it.
FAULTS = {
    "no Retry-After": "response_headers_conformance",
    "a Retry-After that is no number": "limits_are_told",
    "a Retry-After shorter than the reset": "limits_are_told",
    "a Retry-After longer than the window": "limits_are_told",
    "something is left": "limits_are_told",
    "refuses after Retry-After": "limits_are_told",
    "a quota that is not kept": "limits_are_kept",
    "three times the quota": "limits_are_kept",
    "an Accept that is not counted": "limits_are_kept",
    "what has no limit is refused": "limits_are_of_each",
    "HTML for a body": "content_type_conformance",
    "a body of another form": "response_schema_conformance",
}


class Limited:
    """The service; `fault` is one of FAULTS."""

    def __init__(self, fault=""):
        self.fault, self.count, self.refused_at = fault, 0, 0.0

    def app(self):
        methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "TRACE", "QUERY", "OPTIONS"]
        return Starlette(
            routes=[Route("/items", self.items, methods=methods), Route("/free", self.free, methods=methods)]
        )

    async def free(self, request):
        if request.method not in {"GET", "HEAD"}:
            return Response(b"", 405, {"Allow": "GET, HEAD"})
        if self.fault == "what has no limit is refused" and self.count > QUOTA:
            return self.refused(request)
        return JSONResponse({})

    async def items(self, request):
        if (
            self.fault == "an Accept that is not counted"
            and request.headers.get("accept") == "application/problem+json"
            and request.method == "GET"
        ):
            return JSONResponse({})
        self.count += 1
        most = QUOTA * (3 if self.fault == "three times the quota" else 1)
        if self.count > most and self.fault != "a quota that is not kept":
            return self.refused(request)
        if request.method not in {"GET", "HEAD"}:
            return Response(b"", 405, {"Allow": "GET, HEAD"})
        return JSONResponse({}, headers=self.fields(max(1, most - self.count) if self.fault else most - self.count))

    def fields(self, left):
        if self.fault == "three times the quota":
            left = max(1, QUOTA - self.count)
        reset = 2 if self.fault == "refuses after Retry-After" else WINDOW
        return {"RateLimit-Policy": f'"all";q={QUOTA};w={WINDOW}', "RateLimit": f'"all";r={left};t={reset}'}

    def refused(self, request):
        reset = 2 if self.fault == "refuses after Retry-After" else WINDOW
        fields = self.fields(7 if self.fault == "something is left" else 0)
        if self.fault == "three times the quota":
            fields["RateLimit"] = f'"all";r=0;t={WINDOW}'
        fields["Retry-After"] = {
            "a Retry-After that is no number": "soon",
            "a Retry-After shorter than the reset": "1" if time.monotonic() else "",
            "a Retry-After longer than the window": "3600",
        }.get(self.fault, str(reset))
        if self.fault == "no Retry-After":
            del fields["Retry-After"]
        if self.fault == "HTML for a body":
            return Response("<h1>Too many</h1>", 429, fields, "text/html")
        if self.fault == "a body of another form":
            return JSONResponse({"error": "Too many"}, 429, fields)
        accept = request.headers.get("accept", "")
        kind = "application/problem+json" if "problem" in accept.split(",")[-1] else "application/json"
        return JSONResponse({"title": "Too many"}, 429, fields, kind)
