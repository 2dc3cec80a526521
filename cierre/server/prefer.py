"""The field Prefer (RFC 7240), read in one pass whatever a client writes into it."""

from __future__ import annotations

import string
from collections.abc import Iterator

# Characters that are read: all preferences that anything here knows are far shorter together.
_READ = 4096
_TOKEN = frozenset(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~")


def read_prefer(field: str) -> Iterator[tuple[str, str]]:
    """The preferences of a field, in order: the name in lower case, and the value, "" where there is none.

    Parameters of a preference, and what is no preference, are left out.

    Args:
        field: the Prefer fields of a request, joined by commas.
    """
    for preference in _split(field[:_READ], ","):
        name, _, value = _split(preference, ";")[0].partition("=")
        name = name.strip()
        text = _value(value.strip())
        if name and text is not None and _TOKEN.issuperset(name):
            yield name.lower(), text


def _split(text: str, separator: str) -> list[str]:
    """The parts between separators, except for those in quoted strings (RFC 9110, section 5.6.4)."""
    if '"' not in text:
        return text.split(separator)
    parts, begin, quoted, escaped = [], 0, False, False
    for index, char in enumerate(text):
        if escaped:
            escaped = False
        elif char == "\\" and quoted:
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char == separator and not quoted:
            parts.append(text[begin:index])
            begin = index + 1
    return [*parts, text[begin:]]


def _value(text: str) -> str | None:
    """A token, or the text of a quoted string; None: it has no end."""
    if not text.startswith('"'):
        return text.split(maxsplit=1)[0] if text else ""
    characters: list[str] = []
    escaped = False
    for char in text[1:]:
        if escaped:
            characters.append(char)
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == '"':
            return "".join(characters)
        else:
            characters.append(char)
    return None
