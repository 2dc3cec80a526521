"""Answers to requests that are refused: the document's own where it has one, otherwise problem details (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from cierre.mocks.encoding import dump
from cierre.mocks.exchange import Reply
from cierre.mocks.preferences import Preferences
from cierre.mocks.rendering import Headers, Renderer
from cierre.mocks.selection import Selection, Selector
from cierre.oas.validation import Violation

_HEADER_LIMIT = 2000


class Refusal(NamedTuple):
    """Why a request is refused.

    Attributes:
        status: to answer with where the document has no say.
        documented: the statuses to look for in the document, best first.
        situations: names of examples that show this; an answer that has one of them goes before all others.
        title: for problem details; also the last part of their type.
    """

    status: int
    documented: tuple[int, ...]
    situations: tuple[str, ...]
    title: str


MALFORMED = Refusal(422, (422, 400), ("validation_failed",), "The request does not conform to the document")
CREDENTIALS_MISSING = Refusal(401, (401,), ("token_missing", "missing", "unauthenticated"), "Credentials are required")
CREDENTIALS_BAD = Refusal(401, (401,), ("token_invalid", "invalid"), "The credentials are no good")
MEDIA_TYPE = Refusal(415, (415,), ("unsupported_media_type",), "Unsupported media type")
NOT_ACCEPTABLE = Refusal(406, (406,), ("not_acceptable",), "Nothing acceptable")
TOO_LARGE = Refusal(413, (413,), ("payload_too_large",), "The body is too large")
RATE_LIMITED = Refusal(429, (429,), ("rate_limited",), "Too many requests")
BUG = Refusal(500, (), (), "A fault of the mock itself: please report it")
FAILED = Refusal(500, (500, 503, 502, 504), ("internal_error",), "The mock was told to fail")


def problem(
    refusal: Refusal, detail: str, *, violations: Sequence[Violation] = (), headers: Headers | None = None, **more: Any
) -> Reply:
    """Problem details with every violation."""
    body: dict[str, Any] = {"type": "about:blank", "title": refusal.title, "status": refusal.status, "detail": detail}
    if violations:
        body["violations"] = [violation._asdict() for violation in violations]
    text = dump(body | more)
    fields: Headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(text)),
        *(headers or []),
    ]
    return Reply(refusal.status, fields, text, f"{refusal.title}: {detail}", body, tuple(violations))


class Refuser:
    """Refuses requests to one operation."""

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
    ) -> Reply:
        """The document's own failure where it declares one.

        Args:
            refusal: the kind.
            detail: what exactly is wrong.
            accept: the request's Accept field.
            violations: all of them; beside a body of the document's own they travel in a header.
            headers: added to the answer; they win over the document's.
        """
        selection = self._select(refusal, accept)
        if selection is None:
            return problem(refusal, detail, violations=violations, headers=headers)
        rendered = self._renderer.render(selection, seed=self._seed, dynamic=False)
        added = [*(headers or []), *_violations_header(violations)]
        names = {name for name, _ in added}
        fields = [item for item in rendered.headers if item[0] not in names] + added
        why = f"{refusal.title}: {detail} ({rendered.source} of {selection.response.key})"
        return Reply(rendered.status, fields, rendered.body, why, rendered.value, tuple(violations))

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
        return self._unspecific(refusal, accept)

    def _documented(self, status: int, accept: str, situation: str | None) -> Selection | None:
        response = self._selector.for_status(status)
        if response is None or response.key != str(status):
            return None
        if situation is not None and not response.has_example(self._selector.document, situation):
            return None
        return self._selector.first_of(response, status, accept, situation)

    def _unspecific(self, refusal: Refusal, accept: str) -> Selection | None:
        """The document's `4XX` or `default`, where that is for failures."""
        response = self._selector.for_status(refusal.status)
        # An operation with nothing but `default` describes its success there.
        if response is None or (response.key == "default" and len(self._selector.responses) == 1):
            return None
        return self._selector.first_of(response, refusal.status, accept, None)


def _violations_header(violations: Sequence[Violation]) -> Headers:
    if not violations:
        return []
    text = _ascii(violations)
    while len(text) > _HEADER_LIMIT and len(violations) > 1:
        violations = violations[: len(violations) // 2]
        text = _ascii(violations)
    return [(b"mock-violations", text[: 2 * _HEADER_LIMIT])]


def _ascii(violations: Sequence[Violation]) -> bytes:
    """JSON without anything that a header field could not carry."""
    text = json.dumps([violation._asdict() for violation in violations], separators=(",", ":"))
    return text.replace("\x7f", "\\u007f").encode("ascii")


def undocumented(detail: str, known: Sequence[str], wishes: Preferences) -> Reply:
    """Prefer asked for something that the document does not have."""
    refusal = Refusal(404, (), (), "Not in the document")
    wish = wishes.example if wishes.example is not None else wishes.code
    return problem(refusal, f"{detail}; it has: {', '.join(known) or 'none'}", wish=wish, available=list(known))
