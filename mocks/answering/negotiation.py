"""Content negotiation by `Accept` (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from cierre.oas.validation import media

# RFC 9457: a client that accepts these says how it wants failures, and nothing about successes.
PROBLEMS = frozenset({"application/problem+json", "application/problem+xml"})
# What is sent for a range in a document where the client accepts anything.
_CONCRETE = {"*/*": "application/json", "*": "application/json", "application/*": "application/json"}
_CONCRETE |= {"text/*": "text/plain", "image/*": "image/png", "audio/*": "audio/wav", "video/*": "video/mp4"}


class Range(NamedTuple):
    """One media range of an Accept field; `quality` is 0 to 1."""

    essence: str
    parameters: frozenset[tuple[str, str]]
    quality: float


class MediaTypeChoice(NamedTuple):
    """The documented media type that was chosen.

    Attributes:
        key: as the document has it.
        content_type: to send: the same without `*`.
        quality: that Accept gives it, 0 to 1.
    """

    key: str
    content_type: str
    quality: float


@lru_cache(maxsize=512)
def read_accept(accept: str) -> tuple[Range, ...]:
    """The media ranges of an Accept field; `*/*` where it is empty."""
    ranges = []
    for piece in accept.split(","):
        if not piece.strip():
            continue
        parsed = media.parse(piece)
        parameters = dict(parsed.parameters)
        quality = _quality(parameters.pop("q", "1"))
        essence = "*/*" if parsed.essence == "*" else parsed.essence
        ranges.append(Range(essence, frozenset(parameters.items()), quality))
    return tuple(ranges) or (Range("*/*", frozenset(), 1.0),)


def _quality(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 1.0


def without_problems(accept: str) -> str:
    """An Accept field without the types of problem details: what it says about successes."""
    pieces = [piece for piece in accept.split(",") if media.parse(piece).essence not in PROBLEMS]
    return ",".join(pieces)


def choose(declared: Iterable[str], accept: str) -> MediaTypeChoice | None:
    """The best of the documented media types.

    Quality decides, then how closely Accept names the type, then the document's order.

    Args:
        declared: media types as the document has them, ranges included.
        accept: the Accept field, "" for none.

    Returns:
        The choice; None where none of them is acceptable.
    """
    best: tuple[float, int, MediaTypeChoice] | None = None
    ranges = read_accept(accept)
    for key in declared:
        found = _match(key, ranges)
        if found and (best is None or found[:2] > best[:2]):
            best = found
    return best[2] if best else None


def _match(key: str, ranges: tuple[Range, ...]) -> tuple[float, int, MediaTypeChoice] | None:
    declared = media.parse(key)
    best: tuple[float, int, MediaTypeChoice] | None = None
    closest = -1
    for wanted in ranges:
        closeness = _closeness(declared, wanted)
        # The range that names the type most closely decides about its quality.
        if closeness > closest:
            closest = closeness
            content_type = _concrete(key, declared.essence, wanted.essence)
            best = (wanted.quality, closeness, MediaTypeChoice(key, content_type, wanted.quality))
    return best if best and best[0] > 0 else None


def _closeness(declared: media.MediaType, wanted: Range) -> int:
    if declared.essence == wanted.essence:
        if wanted.parameters and not wanted.parameters <= frozenset(declared.parameters.items()):
            # `application/json; charset=utf-8` is still JSON.
            return 4 if dict(wanted.parameters).keys() <= {"charset", "version"} else 3
        return 5 if wanted.parameters else 4
    if "*" in declared.essence and media.find([declared.essence], wanted.essence) and "*" not in wanted.essence:
        return 3
    if wanted.essence.endswith("/json") and declared.essence.endswith("+json"):
        # A client that reads JSON can read every `+json` type.
        return 2 if declared.essence not in PROBLEMS else 1
    if wanted.essence.endswith("/*") and wanted.essence != "*/*":
        return 1 if declared.essence.startswith(wanted.essence[:-1]) else -1
    return 0 if wanted.essence == "*/*" else -1


def concrete(key: str) -> str:
    """A media type as it is sent: one of the range where a document has a range."""
    return _concrete(key, media.parse(key).essence, "*/*")


def _concrete(key: str, essence: str, wanted: str) -> str:
    if "*" not in essence:
        return key
    if "*" not in wanted:
        return wanted
    return _CONCRETE.get(essence, "application/octet-stream")
