"""Requests that no operation of the document is for: 404 and 405."""

from __future__ import annotations

from cierre.mocks.documents import Document
from cierre.mocks.exchange import Reply, Request
from cierre.mocks.refusals import Refusal, Refuser
from cierre.mocks.rendering import Renderer
from cierre.mocks.responses import read_response
from cierre.mocks.selection import Selector

UNKNOWN_PATH = Refusal(404, (404,), ("route_not_found",), "No such path")
METHOD = Refusal(405, (405,), ("method_not_allowed",), "Method not allowed")


class Unrouted:
    """Refuses as `x-cierre-unrouted` says, where the document has that extension: answers by prefix of the path."""

    def __init__(self, document: Document) -> None:
        self._refusers: list[tuple[str, Refuser]] = []
        by_prefix = document.mapping(document.root.get("x-cierre-unrouted"))
        for prefix in sorted(by_prefix, key=len, reverse=True):
            responses = [
                read_response(document, str(status), written)
                for status, written in document.mapping(by_prefix[prefix]).items()
            ]
            refuser = Refuser(Selector(document, responses), Renderer(document), "unrouted")
            self._refusers.append((prefix, refuser))
        self._plain = Refuser(Selector(document, []), Renderer(document), "unrouted")

    def reply(self, request: Request, allowed: list[str]) -> Reply:
        """404, or 405 with what the path allows."""
        refuser = next((found for prefix, found in self._refusers if request.path.startswith(prefix)), self._plain)
        accept = request.headers.get("accept", "")
        if not allowed:
            return refuser.refuse(UNKNOWN_PATH, f"the document has no path {request.path}", accept)
        methods = ", ".join(allowed)
        detail = f"{request.method} is not among {methods}"
        return refuser.refuse(METHOD, detail, accept, headers=[(b"allow", methods.encode("latin-1"))])
