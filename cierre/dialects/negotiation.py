"""Which dialect, media type and language an answer has (RFC 9110, section 12; the order is the contract's README's)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from cierre.dialects.catalogue import LANGUAGES, Language
from cierre.dialects.rendering import JSON, PROBLEM

VENDOR_TYPES = {f"application/vnd.cierre.{name}+json": name for name in ("session", "envelope", "respuesta")}


class Choice(NamedTuple):
    """What Accept asks for.

    Attributes:
        vendor: the dialect that it names; None: the client, the host or the path decides.
        media_type: of an answer in the chosen dialect.
        problem: failures are to be problem details.
        acceptable: whether any media type that there is satisfies it.
    """

    vendor: str | None
    media_type: str
    problem: bool
    acceptable: bool


ANYTHING = Choice(None, JSON, problem=False, acceptable=True)


@lru_cache(maxsize=512)
def choose(accept: str, *, vendors: bool) -> Choice:
    """Read an Accept field (RFC 9110, section 12.5.1).

    Args:
        accept: the field's value.
        vendors: whether the path has more than one dialect.
    """
    ranges = _ranges(accept)
    if not ranges:
        return ANYTHING
    named = [(ranges[name], name) for name in ranges if vendors and name in VENDOR_TYPES and ranges[name] > 0]
    # The first of the best: `max` keeps the order in which the client named them.
    vendor_quality, vendor = max(named, key=lambda one: one[0], default=(0.0, ""))
    json = _quality(ranges, JSON)
    # A client that would take anything has not asked for problem details.
    problem = ranges.get(PROBLEM, 0.0)
    best = max(vendor_quality, json)
    if not best and not problem:
        return Choice(None, JSON, problem=False, acceptable=False)
    wants_problem = problem > json and problem >= vendor_quality
    if vendor and vendor_quality >= json:
        return Choice(VENDOR_TYPES[vendor], vendor, problem=wants_problem, acceptable=True)
    return Choice(None, JSON, problem=wants_problem, acceptable=True)


@lru_cache(maxsize=512)
def language(accept_language: str, default: Language) -> Language:
    """The language that Accept-Language prefers of those that there are (RFC 4647, section 3.4).

    Args:
        accept_language: the field's value.
        default: of the dialect, where the field prefers none.
    """
    ranges = _ranges(accept_language)
    best, quality = default, 0.0
    for tag, weight in ranges.items():
        primary = tag.partition("-")[0]
        if weight <= quality:
            continue
        if primary == "*":
            # Any that isn't named; the default before the others, unless it is what the client refuses.
            rest = [default, *LANGUAGES]
            best, quality = next((one for one in rest if ranges.get(one) != 0.0), default), weight
        elif primary in LANGUAGES:
            best, quality = (primary, weight)
    return best


def takes_coding(accept_encoding: str, coding: str) -> bool:
    """Whether Accept-Encoding takes a content coding (RFC 9110, section 12.5.3); an empty field takes none."""
    ranges = _ranges(accept_encoding)
    return ranges.get(coding, ranges.get("*", 0.0)) > 0


def _ranges(field: str) -> dict[str, float]:
    """`text/html, application/json;q=0.5` → {"text/html": 1.0, "application/json": 0.5}, as the client ordered them."""
    ranges: dict[str, float] = {}
    for part in field.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if name:
            ranges.setdefault(name, _weight(parameters))
    return ranges


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0


def _quality(ranges: dict[str, float], media_type: str) -> float:
    """The weight of the most specific range that covers the type."""
    for name in (media_type, media_type.partition("/")[0] + "/*", "*/*"):
        if name in ranges:
            return ranges[name]
    return 0.0
