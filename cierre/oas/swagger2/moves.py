"""Which part of the converted document stood where in the document of Swagger 2.0."""

from __future__ import annotations


class Moves:
    """Pointers (RFC 6901) in both directions. What is not noted stands where the part around it stands."""

    def __init__(self) -> None:
        self._origins: dict[str, str] = {}
        self._places: dict[str, str] = {}

    def note(self, new: str, old: str) -> None:
        """A part that is at `new` now was at `old`. One that is copied to several places counts at the first."""
        self._origins[new] = old
        self._places.setdefault(old, new)

    def origin(self, new: str) -> str:
        """Where a part of the converted document was."""
        return _nearest(self._origins, new)

    def place(self, old: str) -> str:
        """Where a part of the document of Swagger 2.0 is now."""
        return _nearest(self._places, old)


def _nearest(known: dict[str, str], where: str) -> str:
    start = where
    while start and start not in known:
        start = start.rpartition("/")[0]
    return known.get(start, start) + where[len(start) :]
