"""Cursors of lists: the number of the last row of a page, as text."""

from __future__ import annotations

from cierre.errors import ValidationFailed


def sequence(cursor: str | None) -> int | None:
    """The number that a cursor stands for; None where there is no cursor.

    Raises:
        ValidationFailed: it was not issued by this service.
    """
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdecimal()) or len(cursor) > 18:
        raise ValidationFailed.in_query("cursor", "this is no cursor: take nextCursor of the page before as it is")
    return int(cursor)
