"""What is wrong with a document: one kind of problem, and one exception that carries all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cierre.phrases import Phrase

# The rule of references that lead nowhere: what does not hold them can be used all the same.
REFERENCE = "reference"
# The rule of keys that stand where a media type is due, and are none: they are passed over.
MEDIA_TYPE = "media-type"


class Problem(NamedTuple):
    """One thing that is wrong.

    Attributes:
        place: `openapi.yaml:41:9`, as a terminal opens it; the file alone where no line is to blame.
        message: what is wrong, in a sentence.
        pointer: a JSON pointer (RFC 6901) into the loaded document, "" for the whole of it.
        rule: the name of the rule that is broken, "" where the document cannot be read at all.
    """

    place: str
    message: Phrase
    pointer: str = ""
    rule: str = ""

    def __str__(self) -> str:
        return str(self.as_phrase())

    def as_phrase(self) -> Phrase:
        """Place, message and rule on one line, in either language."""
        template = "{place}: {message} [{rule}]" if self.rule else "{place}: {message}"
        return Phrase(template, **self._asdict())


class BrokenDocument(ValueError):
    """A document that cannot be used as it is. `problems` has all that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = list(problems)

    def as_phrase(self) -> Phrase:
        """The same lines, in either language."""
        return Phrase.lines([problem.as_phrase() for problem in self.problems])

    def translated(self) -> str:
        """The same lines in the user's language."""
        return self.as_phrase().translated()
