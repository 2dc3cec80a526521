"""Replies to refused requests: the document's own where it has one, otherwise problem details (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from cierre.mocks.answering.placing import place_violations
from cierre.mocks.answering.rendering import RenderedResponse, Renderer
from cierre.mocks.answering.selection import Selection, Selector
from cierre.mocks.json_writer import write_json
from cierre.mocks.messages import Headers, MockReply
from cierre.mocks.preferences import Preferences
from cierre.oas.validation import Violation, media

_HEADER_LIMIT = 2000


class Refusal(NamedTuple):
    """A reason to refuse a request.

    Attributes:
        status: to answer with where the document has none of the documented ones.
        documented: the statuses to look for in the document, best first.
        situations: names of examples for this reason; a response that has one of them goes before all others.
        title: of the problem details.
    """

    status: int
    documented: tuple[int, ...]
    situations: tuple[str, ...]
    title: str


MALFORMED = Refusal(422, (422, 400), ("validation_failed",), "The request does not conform to the document")
UNREADABLE = Refusal(400, (400, 422), ("validation_failed",), "The body cannot be read")
CREDENTIALS_MISSING = Refusal(401, (401,), ("token_missing", "missing", "unauthenticated"), "Credentials are required")
CREDENTIALS_INVALID = Refusal(401, (401,), ("token_invalid", "invalid"), "The credentials are not accepted")
MEDIA_TYPE = Refusal(415, (415,), ("unsupported_media_type",), "Unsupported media type")
NOT_ACCEPTABLE = Refusal(406, (406,), ("not_acceptable",), "Nothing acceptable")
TOO_LARGE = Refusal(413, (413,), ("payload_too_large",), "The body is too large")
RATE_LIMITED = Refusal(429, (429,), ("rate_limited",), "Too many requests")
MOCK_FAILED = Refusal(500, (), (), "A fault of the mock itself: please report it")
NO_VALID_BODY = Refusal(500, (), (), "The document has no valid answer")
INTERNAL_ERROR = Refusal(500, (500, 503, 502, 504), ("internal_error",), "The mock was told to fail")


def problem(
    refusal: Refusal, detail: str, *, violations: Sequence[Violation] = (), headers: Headers | None = None, **more: Any
) -> MockReply:
    """A reply with problem details.

    Args:
        refusal: the reason; its status is sent.
        detail: what exactly is wrong.
        violations: all of them are listed in the body.
        headers: added to the reply.
        more: further members of the body.
    """
    body: dict[str, Any] = {"type": "about:blank", "title": refusal.title, "status": refusal.status, "detail": detail}
    if violations:
        body["violations"] = [violation._asdict() for violation in violations]
    text = write_json(body | more)
    fields: Headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(text)),
        *(headers or []),
    ]
    return MockReply(refusal.status, fields, text, f"{refusal.title}: {detail}", body, tuple(violations))


class Refuser:
    """Refuses requests by documented responses.

    Args:
        selector: of the responses that may be sent.
        renderer: of the document.
        seed: of what is generated.
    """

    def __init__(self, selector: Selector, renderer: Renderer, seed: str) -> None:
        self._selector = selector
        self._renderer = renderer
        self._seed = seed

    def refuse(
        self,
        refusal: Refusal,
        detail: str,
        accept: str,
        *,
        violations: Sequence[Violation] = (),
        headers: Headers | None = None,
    ) -> MockReply:
        """The document's own failure where it has one, otherwise problem details.

        Args:
            refusal: the reason.
            detail: what exactly is wrong.
            accept: the request's Accept field.
            violations: all of them; beside a documented body they are in the header field Mock-Violations.
            headers: added to the reply; they replace the document's fields of the same names.
        """
        selection = self._select(refusal, accept)
        if selection is None:
            return problem(refusal, detail, violations=violations, headers=headers)
        rendered = self._rendered(selection, violations)
        added = [*(headers or []), *violations_header(violations)]
        names = {name for name, _ in added}
        fields = [item for item in rendered.headers if item[0] not in names] + added
        why = f"{refusal.title}: {detail} ({rendered.source} of {selection.response.key})"
        return MockReply(rendered.status, fields, rendered.body, why, rendered.value, tuple(violations))

    def _rendered(self, selection: Selection, violations: Sequence[Violation]) -> RenderedResponse:
        """The documented failure, with the true violations instead of its example's, where its schema allows that."""
        rendered = self._renderer.render(selection, seed=self._seed, dynamic=False)
        value = place_violations(rendered.value, violations) if violations else rendered.value
        if value is rendered.value or media.kind_of(media.parse(selection.choice.content_type).essence) != "json":
            return rendered
        schema = self._selector.document.mapping(selection.response.content[selection.choice.key]).get("schema")
        if schema is not None and not self._renderer.conforms(schema, value):
            return rendered
        return self._renderer.with_value(rendered, selection, value)

    def refuse_with(self, selection: Selection, violations: Sequence[Violation]) -> MockReply:
        """A failure that was selected already; the violations are in the header field Mock-Violations."""
        rendered = self._renderer.render(selection, seed=self._seed, dynamic=False)
        fields = [*rendered.headers, *violations_header(violations)]
        why = f"{rendered.source} ({selection.why})"
        return MockReply(rendered.status, fields, rendered.body, why, rendered.value, tuple(violations))

    def _select(self, refusal: Refusal, accept: str) -> Selection | None:
        for situation in refusal.situations:
            for status in refusal.documented:
                found = self._documented(status, accept, situation)
                if found is not None and found.example == situation:
                    return found
        for status in refusal.documented:
            found = self._documented(status, accept, None)
            if found is not None:
                return found
        return self._catch_all(refusal, accept)

    def _documented(self, status: int, accept: str, situation: str | None) -> Selection | None:
        response = self._selector.for_status(status)
        if response is None or response.key != str(status):
            return None
        if situation is not None and not response.has_example(self._selector.document, situation):
            return None
        return self._selector.first_of(response, status, accept, situation)

    def _catch_all(self, refusal: Refusal, accept: str) -> Selection | None:
        """The document's `4XX` or `default`: what it has for every status, its own success as well, is what is sent."""
        response = self._selector.for_status(refusal.status)
        return None if response is None else self._selector.first_of(response, refusal.status, accept, None)


def violations_header(violations: Sequence[Violation], name: bytes = b"mock-violations") -> Headers:
    """The header field that tells violations, as JSON; of many the first ones."""
    if not violations:
        return []
    text = _ascii(violations)
    while len(text) > _HEADER_LIMIT and len(violations) > 1:
        violations = violations[: len(violations) // 2]
        text = _ascii(violations)
    return [(name, text[: 2 * _HEADER_LIMIT])]


def _ascii(violations: Sequence[Violation]) -> bytes:
    """JSON in the characters that a header field may have."""
    text = json.dumps([violation._asdict() for violation in violations], separators=(",", ":"))
    return text.replace("\x7f", "\\u007f").encode("ascii")


def undocumented(detail: str, known: Sequence[str], preferences: Preferences) -> MockReply:
    """The reply where Prefer asks for something that the document does not have.

    Args:
        detail: what the document does not have.
        known: what it has instead.
        preferences: of the request.
    """
    refusal = Refusal(404, (), (), "Not in the document")
    wanted = preferences.example if preferences.example is not None else preferences.code
    return problem(refusal, f"{detail}; it has: {', '.join(known) or 'none'}", wanted=wanted, available=list(known))
