"""Which of an operation's documented responses a request gets, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cierre.mocks.answering.examples import by_value, examples_of
from cierre.mocks.answering.negotiation import MediaTypeChoice, choose, without_problems
from cierre.mocks.answering.responses import DocumentedResponse
from cierre.mocks.preferences import Preferences
from cierre.oas.document import Document
from cierre.oas.validation import media

# These say that a request breaks the document: a valid request gets them only where Prefer asks for them.
_MALFORMED = frozenset({400, 422})
NO_BODY = MediaTypeChoice("", "", 1.0)


class Selection(NamedTuple):
    """What to answer with.

    Attributes:
        response: of the document.
        status: to send; differs from the response's where that is a range or `default`.
        choice: the media type; NO_BODY where there is no body.
        example: the name of the example, None where none was chosen.
        why: the reason for this selection, for the log.
    """

    response: DocumentedResponse
    status: int
    choice: MediaTypeChoice
    example: str | None
    why: str


class NotDocumented(LookupError):
    """Prefer asks for something that the document does not have; `known` is what it has."""

    def __init__(self, wanted: str, known: Sequence[str]) -> None:
        super().__init__(f"the document has no {wanted} here")
        self.known = list(known)


class Unacceptable(ValueError):
    """No documented media type satisfies Accept; `available` has the documented ones."""

    def __init__(self, available: list[str]) -> None:
        super().__init__(", ".join(available))
        self.available = available


class Selector:
    """Selects among the responses of one operation.

    Args:
        document: that references are resolved in.
        responses: in the order of preference.
    """

    def __init__(self, document: Document, responses: list[DocumentedResponse]) -> None:
        self.document = document
        self.responses = responses
        self._failures = {
            media.parse(key).essence for response in responses if response.status >= 300 for key in response.content
        }

    def select(self, accept: str, preferences: Preferences, names: Sequence[str] = (), wanted: Any = None) -> Selection:
        """The answer to a request.

        Args:
            accept: the Accept field, "" for none.
            preferences: of the request.
            names: of the examples that the request equals.
            wanted: the request's path parameters, to be looked for in the examples.

        Raises:
            NotDocumented: Prefer names a status or an example that is not there.
            Unacceptable: no documented media type satisfies Accept.
        """
        if preferences.code is not None:
            return self._by_code(preferences.code, accept, preferences.example)
        if preferences.example is not None:
            return self._by_example(preferences.example, accept)
        for name in names:
            found = self._named(name, accept)
            if found is not None and found.status not in _MALFORMED:
                return found._replace(why=f"the request equals its example {name!r}")
        return self._default(accept, preferences, wanted)

    def _by_code(self, code: int, accept: str, example: str | None) -> Selection:
        response = self.for_status(code)
        if response is None:
            raise NotDocumented(f"status {code}", [response.key for response in self.responses])
        if example is not None:
            found = self._with_example(response, example, accept)
            if found is None:
                raise NotDocumented(f"example {example!r} for status {code}", self._names(response))
            return found._replace(status=code, why=f"Prefer: code={code}, example={example}")
        return self.first_of(response, code, accept, None)._replace(why=f"Prefer: code={code}")

    def for_status(self, code: int) -> DocumentedResponse | None:
        """The response for a status: the one of that status, of its range, or `default`; None where there is none."""
        by_key = {response.key.upper(): response for response in self.responses}
        for key in (str(code), f"{code // 100}XX", "DEFAULT"):
            if key in by_key:
                return by_key[key]
        return None

    def first_of(self, response: DocumentedResponse, status: int, accept: str, example: str | None) -> Selection:
        """A response in the media type that satisfies Accept best.

        Args:
            response: to select.
            status: to send.
            accept: the request's Accept field.
            example: the name of the example to send; its first one where it has none of that name.

        Raises:
            Unacceptable: no media type of a success satisfies Accept.
        """
        choice = self.negotiate(response._replace(status=status), accept)
        examples = examples_of(self.document, response.content.get(choice.key)) if choice.key else {}
        if example is None or (example not in examples and example not in response.situations):
            example = next(iter(examples), None)
        return Selection(response, status, choice, example, "")

    def negotiate(self, response: DocumentedResponse, accept: str) -> MediaTypeChoice:
        """The media type of a response; a failure gets any rather than none (RFC 9110, section 12.1).

        Raises:
            Unacceptable: no media type of a success satisfies Accept.
        """
        if not response.content:
            return NO_BODY
        success = response.status < 300
        found = choose(response.content, without_problems(accept) if success else accept)
        if found is not None:
            return found
        if success:
            raise Unacceptable(list(response.content))
        return choose(response.content, "*/*") or NO_BODY

    def _by_example(self, name: str, accept: str) -> Selection:
        found = self._named(name, accept)
        if found is None:
            known = [known for response in self.responses for known in self._names(response)]
            raise NotDocumented(f"example {name!r}", list(dict.fromkeys(known)))
        return found._replace(why=f"Prefer: example={name}")

    def _named(self, name: str, accept: str) -> Selection | None:
        """The response with an example of that name: the name decides about the status, Accept about the body.

        Several responses can have the name. Quality decides first, then how early the response lists the media type
        (its default is the first), then the order of the responses.
        """
        best: tuple[tuple[float, int], Selection] | None = None
        for response in self.responses:
            found = self._with_example(response, name, accept)
            if found is None:
                continue
            keys = list(response.content)
            place = keys.index(found.choice.key) if found.choice.key in keys else 0
            # A response without a body is for clients that accept none of the bodies.
            rank = (found.choice.quality, -place) if response.content else (0.0, 0)
            if best is None or rank > best[0]:
                best = rank, found
        return best[1] if best else None

    def _with_example(self, response: DocumentedResponse, name: str, accept: str) -> Selection | None:
        if not response.content:
            return Selection(response, response.status, NO_BODY, name, "") if name in response.situations else None
        keys = [key for key, node in response.content.items() if name in examples_of(self.document, node)]
        choice = choose(keys, accept)
        return None if choice is None else Selection(response, response.status, choice, name, "")

    def _names(self, response: DocumentedResponse) -> list[str]:
        names = [name for node in response.content.values() for name in examples_of(self.document, node)]
        return list(dict.fromkeys(filter(None, [*names, *response.situations])))

    def _default(self, accept: str, preferences: Preferences, wanted: Any) -> Selection:
        if not self.responses:
            nothing = DocumentedResponse("default", 200, {}, {}, [])
            return Selection(nothing, 200, NO_BODY, None, "the document has no responses here")
        first = self.responses[0]
        if preferences.minimal:
            empty = next((item for item in self.responses if item.status < 300 and not item.content), None)
            if empty is not None:
                return Selection(empty, empty.status, NO_BODY, None, "Prefer: return=minimal")
        candidates = [item for item in self.responses if item.status < 300 and item.key != "default"] or [first]
        unacceptable: Unacceptable | None = None
        for response in candidates:
            if not response.content and unacceptable and not self._accepts_failure_type(accept):
                continue
            try:
                choice = self.negotiate(response, accept)
            except Unacceptable as error:
                unacceptable = unacceptable or error
                continue
            return self._first_example(response, choice, wanted)
        raise unacceptable or Unacceptable([])

    def _accepts_failure_type(self, accept: str) -> bool:
        """Whether Accept names a type that only failures have: then a success without a body satisfies it."""
        return choose(self._failures, without_problems(accept) or "none/none") is not None

    def _first_example(self, response: DocumentedResponse, choice: MediaTypeChoice, wanted: Any) -> Selection:
        examples = examples_of(self.document, response.content.get(choice.key)) if choice.key else {}
        equal = by_value(examples, wanted) if wanted else None
        if equal is not None:
            return Selection(response, response.status, choice, equal, "its values equal the request's")
        example = next(iter(examples), None)
        why = "the first success" if response.status < 300 else "no success is documented"
        return Selection(response, response.status, choice, example, why)
