"""Unrouted requests: those that match no operation of the document. They get 404 or 405."""

from __future__ import annotations

from difflib import get_close_matches

from cierre.mocks.answering.refusals import Refusal, Refuser
from cierre.mocks.answering.rendering import Renderer
from cierre.mocks.answering.responses import read_response
from cierre.mocks.answering.selection import Selector
from cierre.mocks.messages import MockReply, MockRequest
from cierre.oas.document import Document

UNKNOWN_PATH = Refusal(404, (404,), ("route_not_found",), "No such path")
METHOD_NOT_ALLOWED = Refusal(405, (405,), ("method_not_allowed",), "Method not allowed")


# Characters of a path, and paths of a document, that are compared for what could have been meant.
_LONGEST = 200
_MOST_PATHS = 2000


class UnroutedRefuser:
    """Refuses unrouted requests.

    Args:
        document: its extension `x-cierre-unrouted`, where it has that, maps prefixes of paths to responses; without it
            the replies are problem details.
        base: what all paths begin with, such as `/v1`.
    """

    def __init__(self, document: Document, base: str = "") -> None:
        self._base = base
        self._refusers: list[tuple[str, Refuser]] = []
        by_prefix = document.mapping(document.root.get("x-cierre-unrouted"))
        for prefix in sorted(by_prefix, key=len, reverse=True):
            responses = [
                read_response(document, str(status), written)
                for status, written in document.mapping(by_prefix[prefix]).items()
            ]
            refuser = Refuser(Selector(document, responses), Renderer(document), "unrouted")
            self._refusers.append((base + prefix, refuser))
        self._paths = [f"{base}{path}" for path in document.mapping(document.root.get("paths"))]
        self._default = Refuser(Selector(document, []), Renderer(document), "unrouted")

    def _nearest(self, path: str) -> str:
        """The three paths that come nearest, for a detail."""
        found = get_close_matches(path[:_LONGEST], self._paths[:_MOST_PATHS], 3, 0.4)
        return f"; near: {', '.join(found)}" if found else ""

    def reply(self, request: MockRequest, allowed: list[str]) -> MockReply:
        """404, or 405 with the methods of the path.

        Args:
            request: that matches no operation.
            allowed: the methods of its path, in upper case; empty for an unknown path.
        """
        refuser = next((found for prefix, found in self._refusers if request.path.startswith(prefix)), self._default)
        accept = request.headers.get("accept", "")
        if not allowed:
            detail = f"the document has no path {request.path[:_LONGEST]}{self._nearest(request.path)}"
            return refuser.refuse(UNKNOWN_PATH, detail, accept)
        methods = ", ".join(allowed)
        detail = f"{request.method} is not among {methods}"
        return refuser.refuse(METHOD_NOT_ALLOWED, detail, accept, headers=[(b"allow", methods.encode("latin-1"))])
