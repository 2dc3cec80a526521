"""What a request's body makes of a thing: a new one, another one in its place, or the same one changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cierre.mocks.state import patches
from cierre.mocks.state.lists import member_at
from cierre.mocks.state.resources import Part, Steps
from cierre.mocks.state.shapes import request_schema
from cierre.mocks.state.shaping import Shaper, placed
from cierre.oas.document import Document
from cierre.oas.validation import media


class Changes:
    """Of one operation.

    Args:
        document: that it is of.
        part: what it does.
        shaper: of the document.
    """

    def __init__(self, document: Document, part: Part, shaper: Shaper) -> None:
        self._part = part
        self._shaper = shaper
        schema = request_schema(document, part.operation)
        self._schema = shaper.shapes.at(schema, part.sent) if schema is not None else {}

    def sent(self, body: Any) -> dict[str, Any]:
        """The members of the thing that a client may say, of those that it sent."""
        inner = member_at(body, self._part.sent)
        hidden = self._shaper.hidden(self._schema)
        return (
            {name: value for name, value in inner.items() if name not in hidden} if isinstance(inner, Mapping) else {}
        )

    def made(self, body: Any) -> dict[str, Any]:
        """A new thing: what was sent, and the defaults of what was not."""
        sent = self.sent(body)
        defaults = dict(self._shaper.defaults(self._schema))
        return {name: value for name, value in defaults.items() if name not in sent} | sent

    def replaced(self, value: Any, body: Any) -> Any:
        """Another value in the place of this one: what this request could say and does not is gone."""
        inner = member_at(body, self._part.sent)
        if not isinstance(value, Mapping) or (inner is not None and not isinstance(inner, Mapping)):
            return value if inner is None else inner
        known = self._shaper.shapes.members(self._schema).keys() - self._shaper.hidden(self._schema)
        kept = {name: one for name, one in value.items() if name not in known}
        return kept | self.made(body)

    def changed(self, value: Any, body: Any, content_type: str) -> Any:
        """This value with the changes of a patch.

        Args:
            value: it is not changed itself.
            body: a merge patch, or a JSON Patch.
            content_type: of the body: JSON Patch has its own.

        Raises:
            patches.Unusable: it is no JSON Patch.
            patches.Conflict: an operation of it cannot be carried out.
        """
        essence = media.parse(content_type).essence
        # Kubernetes' document calls an object a JSON Patch: it is merged.
        if essence == patches.PATCH and isinstance(body, list):
            return patches.apply(value, body)
        if not isinstance(value, Mapping):
            return member_at(body, self._part.sent)
        return patches.merge(value, self.sent(body), keep_null=essence not in {patches.MERGE, patches.PATCH})


def is_patch(content_type: str) -> bool:
    """Whether a body of this type says what changes, and not what a thing is."""
    return media.parse(content_type).essence in {patches.MERGE, patches.PATCH}


def with_id(value: Any, steps: Steps, own: Any) -> Any:
    """The thing with its id, where it has a member for that."""
    return placed(value, steps, own) if steps and isinstance(value, Mapping) else value
