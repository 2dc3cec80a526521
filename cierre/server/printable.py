"""Text for a terminal: what a client sent must not move the cursor, change colours or answer in the operator's name."""

from __future__ import annotations

import json


def printable(text: str, *, keep: str = "") -> str:
    r"""The text with `\x1b` for the character ESC, and so on for all that are no visible characters.

    Args:
        text: from anybody.
        keep: characters that stay, such as a line feed.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in keep else ascii(char)[1:-1] for char in text)


def printable_json(text: str) -> str:
    r"""A JSON text with `\u009b` for the character CSI, and so on: the same value, for whoever looks at it."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else json.dumps(char)[1:-1]
