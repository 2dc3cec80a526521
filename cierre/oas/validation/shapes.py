"""Formats beside patterns that no text can hold both of: there the pattern is meant.

`format: uuid` beside `^usr_[0-9]+$` is written by who takes the format for a hint. Where both were asked for, every
request would be refused, and no answer could be made.
"""

from __future__ import annotations

from functools import lru_cache
from random import Random

import jsonschema_rs

from cierre.oas.validation.patterns import matcher

# Texts that are made for a pattern, to find one that the format accepts as well.
_TRIES = 30
# What no format is.
_NOTHING = "\n< no format >\n"
_UUID = "550e8400-e29b-41d4-a716-446655440000"
# Texts of each format in the ways in which it is written.
SAMPLES: dict[str, tuple[str, ...]] = {
    "date-time": tuple(
        f"2025-09-25T15:30:00{rest}" for rest in ("Z", ".000Z", ".000000Z", "+00:00", ".000+00:00", "-05:00")
    ),
    "date": ("2025-09-25",),
    "time": ("15:30:00Z", "15:30:00+00:00", "15:30:00.000Z"),
    "duration": ("PT15M", "P1D", "P1Y2M3DT4H5M6S"),
    "email": ("user@example.com", "user.name@example.com"),
    "uri": ("https://example.com/", "http://example.com/a?b=c", "https://example.com", "urn:example:a"),
    "uuid": (_UUID, _UUID.upper()),
    "ipv4": ("192.0.2.1",),
    "ipv6": ("2001:db8::1", "2001:0db8:85a3:0000:0000:8a2e:0370:7334"),
    "hostname": ("example.com", "example", "a.example.com"),
}


@lru_cache(maxsize=4096)
def contradict(name: str, pattern: str) -> bool:
    """Whether no text seems to be of the format and to match the pattern.

    Args:
        name: of a format; one that is not checked contradicts nothing.
        pattern: a regular expression as JSON Schema has it; one that no text can be made for contradicts nothing.
    """
    is_of_format = jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True).is_valid
    matches = matcher(pattern)
    if is_of_format(_NOTHING) or any(matches(sample) for sample in SAMPLES.get(name, ())):
        return False
    from cierre.oas.validation.pattern_texts import matching  # noqa: PLC0415 - few documents need it

    rng = Random(name + pattern)  # noqa: S311 - nothing here is secret
    texts = [matching(pattern, rng, 0, None, plain=attempt % 2 == 0) for attempt in range(_TRIES)]
    made = [other for text in texts for other in extended(text, (name,)) if matches(other)]
    return bool(made) and not any(map(is_of_format, made))


def extended(text: str, formats: tuple[str, ...]) -> list[str]:
    """The text, and with more before or after it: one for the pattern `@example` is no email yet."""
    more = ["user", *(sample for name in formats for sample in SAMPLES.get(name, ())[:1])]
    return [text, *(each + text for each in more), *(text + each for each in more)]
