"""Why a request is refused by what is kept, or is not."""

from __future__ import annotations

from cierre.mocks.answering.refusals import Refusal

UNKNOWN = Refusal(404, (404,), ("not_found", "unknown"), "There is no such thing")
TAKEN = Refusal(409, (409,), ("conflict", "already_exists", "taken"), "There is one already")
CHANGED = Refusal(412, (412,), ("precondition_failed",), "It was changed meanwhile")
UNCONDITIONAL = Refusal(428, (428,), ("precondition_required",), "If-Match is required")
IMPOSSIBLE = Refusal(409, (409, 422, 400), ("conflict",), "The patch cannot be carried out")
NO_ROOM = Refusal(507, (507,), (), "No more things are kept")


class Refused(Exception):
    """A request is refused.

    Args:
        refusal: the reason; the document's own answer for it is sent where there is one.
        detail: what exactly is wrong.
    """

    def __init__(self, refusal: Refusal, detail: str) -> None:
        super().__init__(detail)
        self.refusal = refusal
        self.detail = detail
