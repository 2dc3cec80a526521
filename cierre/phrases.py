"""A text in English that a terminal shows in the user's language; in JSON and logs it is what it says."""

from __future__ import annotations

import gettext
from collections.abc import Sequence
from typing import Any, Self

# What others say.
_ANOTHERS = "{text}"


class Phrase(str):
    """A text whose translation is looked up when it is shown, so that one process may say it in two languages.

    As a `str` it is English.

    Args:
        template: as the catalogue has it, with values in braces; a test finds one that has no translation.
        values: what stands in the braces; another Phrase among them is translated as well.
    """

    __slots__ = ("_template", "_values")
    _template: str
    _values: dict[str, Any]

    def __new__(cls, template: str, /, **values: Any) -> Self:
        self = super().__new__(cls, template.format(**values))
        self._template, self._values = template, values
        return self

    # Copies and other processes keep both languages.
    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        return (self._template,), self._values

    @classmethod
    def of(cls, text: object) -> Phrase:
        """What somebody else says, such as a library or the system: it stays as it is."""
        return text if isinstance(text, Phrase) else cls(_ANOTHERS, text=text)

    @classmethod
    def lines(cls, phrases: Sequence[Phrase]) -> Phrase:
        """Each on a line of its own."""
        named = {f"line{number}": phrase for number, phrase in enumerate(phrases)}
        return cls("\n".join(f"{{{name}}}" for name in named), **named)

    def shortened(self, longest: int) -> Phrase:
        """The same with each value cut in its middle where the text has more characters than so many."""
        if len(self) <= longest:
            return self
        half = longest // 2
        values = {
            name: value.shortened(longest)
            if isinstance(value, Phrase)
            else f"{value[:half]} … {value[-half:]}"
            if isinstance(value, str) and len(value) > longest
            else value
            for name, value in self._values.items()
        }
        return Phrase(self._template, **values)

    def translated(self) -> str:
        """The text in the language that this process speaks."""
        if self._template == _ANOTHERS:
            # The catalogue has the system's most frequent words.
            return gettext.gettext(str(self))
        values = {name: translated(value) for name, value in self._values.items()}
        return gettext.gettext(self._template).format(**values)


def phrase_of(failure: BaseException) -> Phrase:
    """What an error says: a phrase of ours, or somebody else's words."""
    said = failure.args[0] if failure.args else None
    return said if isinstance(said, Phrase) else Phrase.of(str(failure))


def reason_of(failure: OSError) -> Phrase:
    """Why the system refused."""
    return Phrase.of(failure.strerror or str(failure) or type(failure).__name__)


def translated(text: Any) -> Any:
    """A Phrase in the language that this process speaks; anything else as it is."""
    return text.translated() if isinstance(text, Phrase) else text
