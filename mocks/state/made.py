"""What the server says of a thing: its id, when it was made and changed, further UUIDs."""

from __future__ import annotations

import re
import string
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

from cierre.oas.thing_names import plain

_WHEN = r"(?:at|on|date|datetime|time|timestamp|ts|utc)?\Z"
_CREATED = re.compile(r"(?:date)?(?:created|creation|made|registered|inserted|create)" + _WHEN)
_CHANGED = re.compile(r"(?:date)?(?:last)?(?:updated|modified|changed|edited|update|modification|change)" + _WHEN)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
# Seconds since 1970 have fewer digits, milliseconds have more.
_MILLISECONDS = 100_000_000_000
_TRIES = 8
# What stands for a text where the document gives nothing.
_NOTHING = frozenset({"", "string", "text"})


class Maker:
    """Makes what no client says.

    Args:
        seed: the same one gives the same ids; None: they differ in each run.
        clock: of the times that are made.
    """

    def __init__(self, seed: str | None = None, clock: Callable[[], datetime] | None = None) -> None:
        self._rng = Random(seed) if seed is not None else Random()
        self._clock = clock or (lambda: datetime.now(UTC))

    def uuid(self) -> str:
        """A random UUID."""
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    def ids(self, example: Any, types: frozenset[str], formats: str, number: int) -> Iterator[Any]:
        """Ids to try, the likeliest first.

        Args:
            example: of one, None where there is none.
            types: JSON types that it may have.
            formats: its `format`, "" for none.
            number: a whole number that no id has had.
        """
        if types & {"integer", "number"} and "string" not in types:
            highest = example if isinstance(example, int) and example > 10**6 else 0
            yield from (number, number + 1, highest + number)
            return
        text = example if isinstance(example, str) else ""
        if text.isascii() and text.isdigit():
            yield str(number)
        if formats != "uuid" and text.lower() not in _NOTHING and not _UUID.match(text):
            yield from (self._like(text) for _ in range(_TRIES))
        yield self.uuid()
        yield uuid.UUID(self.uuid()).hex
        yield f"id-{number}"
        yield str(number)
        yield from (self._like("a1b2c3d4") for _ in range(_TRIES))
        if text:
            yield from (self._like(text) for _ in range(_TRIES))

    def _like(self, text: str) -> str:
        """A text of the same form: what stands before the last `_`, `:` or `-` of a prefix stays."""
        prefix = re.match(r"[A-Za-z]{1,12}[_:-](?=[A-Za-z0-9]{6,}\Z)", text)
        kept = prefix[0] if prefix else ""
        is_hex = bool(re.fullmatch(r"[0-9a-f]+", text[len(kept) :]))
        return kept + "".join(self._like_character(one, is_hex=is_hex) for one in text[len(kept) :])

    def _like_character(self, character: str, *, is_hex: bool) -> str:
        if is_hex:
            return self._rng.choice("0123456789abcdef")
        for kind in (string.digits, string.ascii_lowercase, string.ascii_uppercase):
            if character in kind:
                return self._rng.choice(kind)
        return character

    def times(self, name: str, kind: str, example: Any, *, changed: bool) -> Any:
        """Now, for a member that is named after a making or a change; None for another.

        Args:
            name: of the member.
            kind: its `format`, "" for none.
            example: that shows how it is written.
            changed: the thing is changed: when it was made stays.
        """
        word = plain(name)
        if not (_CHANGED.match(word) or (not changed and _CREATED.match(word))):
            return None
        now = self._clock()
        if isinstance(example, bool) or (not isinstance(example, (int, float, str)) and not kind):
            return None
        if isinstance(example, (int, float)):
            seconds = now.timestamp()
            return int(seconds * 1000) if example >= _MILLISECONDS else int(seconds)
        if kind == "date":
            return now.date().isoformat()
        if kind == "date-time" or _MOMENT.match(str(example)):
            return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return None
