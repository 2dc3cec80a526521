"""Strings for the generator: by format, by pattern, by the property's name, always within their length."""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Callable, Iterator
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

import jsonschema_rs

from cierre.oas.validation.formats import FORMATS
from cierre.oas.validation.patterns import PythonPattern, pattern_keyword
from cierre.oas.validation.shapes import SAMPLES, contradict, extended

_TRIES = 60
_WORDS = ("lorem", "ipsum", "dolor", "amet", "magna", "aliqua", "tempor", "elit", "nulla", "velit")


def _date_time(rng: Random) -> str:
    return f"{_date(rng)}T{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}.000Z"


def _date(rng: Random) -> str:
    return f"2025-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"


def _uuid(rng: Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _word(rng: Random) -> str:
    return rng.choice(_WORDS)


# For each format the fixed value that Prism has for it, and what makes others.
_FORMATS: dict[str, tuple[str, Callable[[Random], str]]] = {
    "date-time": ("2019-08-24T14:15:22Z", _date_time),
    "date": ("2019-08-24", _date),
    "time": ("14:15:22Z", lambda rng: f"{rng.randrange(24):02}:{rng.randrange(60):02}:00Z"),
    "duration": ("PT15M", lambda rng: f"PT{rng.randrange(1, 60)}M"),
    "uuid": ("497f6eca-6276-4993-bfeb-53cbbbba6f08", _uuid),
    "email": ("user@example.com", lambda rng: f"{_word(rng)}.{_word(rng)}@example.com"),
    "idn-email": ("user@example.com", lambda rng: f"{_word(rng)}@example.com"),
    "uri": ("http://example.com", lambda rng: f"https://example.com/{_word(rng)}"),
    "url": ("http://example.com", lambda rng: f"https://example.com/{_word(rng)}"),
    "iri": ("http://example.com/entity/1", lambda rng: f"https://example.com/{_word(rng)}"),
    "uri-reference": ("../dictionary", lambda rng: f"/{_word(rng)}"),
    "iri-reference": ("/entity/1", lambda rng: f"/{_word(rng)}"),
    "uri-template": ("http://example.com/{endpoint}", lambda rng: f"/{_word(rng)}/{{id}}"),
    "hostname": ("example.com", lambda rng: f"{_word(rng)}.example.com"),
    "idn-hostname": ("example.com", lambda rng: f"{_word(rng)}.example.com"),
    "ipv4": ("192.168.0.1", lambda rng: f"192.0.2.{rng.randrange(1, 255)}"),
    "ipv6": ("2001:0db8:85a3:0000:0000:8a2e:0370:7334", lambda rng: f"2001:db8::{rng.randrange(1, 9999):x}"),
    "byte": ("c3RyaW5n", lambda rng: base64.b64encode(_word(rng).encode()).decode()),
    "binary": ("binary", _word),
    "regex": ("^[a-z]+$", lambda _: "^[a-z]+$"),
    "json-pointer": ("/json/pointer", lambda rng: f"/{_word(rng)}"),
    "relative-json-pointer": ("1/relative/json/pointer", lambda rng: f"1/{_word(rng)}"),
    "password": ("pa$$word", _word),
}
# By property name, where the schema says nothing more, for dynamic values: people read them.
_NAMES: tuple[tuple[re.Pattern[str], Callable[[Random], str]], ...] = tuple(
    (re.compile(expression), maker)
    for expression, maker in (
        (r"e-?mail", _FORMATS["email"][1]),
        (r"ur[il]$|href|link", _FORMATS["uri"][1]),
        (r"uuid", _FORMATS["uuid"][1]),
        (r"(_at|At|date|Date|time|Time)$", _FORMATS["date-time"][1]),
        (r"^first_?name", lambda rng: rng.choice(("Ana", "Luis", "Eva", "Juan"))),
        (r"^last_?name|surname", lambda rng: rng.choice(("García", "Ruiz", "Soto"))),
        (r"name|Name", lambda rng: rng.choice(("Ana García", "Luis Ruiz", "Eva Soto"))),
        (r"phone", lambda rng: f"+346{rng.randrange(10**8):08}"),
        (r"city", lambda rng: rng.choice(("Madrid", "Lima", "Quito"))),
        (r"country", lambda rng: rng.choice(("ES", "PE", "EC"))),
        (r"currency", lambda rng: rng.choice(("EUR", "USD", "PEN"))),
        (r"lang|locale", lambda rng: rng.choice(("es", "en"))),
        (r"[iI]d$|^id$|[kK]ey$|token", lambda rng: f"{rng.getrandbits(48):012x}"),
    )
)


# Of what people write patterns for.
_USUAL = ("abc123", "2025-09-25", "15:30", "ES", "1", "A", "https://example.com/")


class _Limits(NamedTuple):
    """Of a text.

    Attributes:
        formats: those that it can hold beside the patterns.
        fits: whether a text keeps all of the limits.
        usual: a usual text that does, None where none is, or where there is no pattern.
    """

    formats: tuple[str, ...]
    fits: Callable[[str], bool]
    usual: str | None


@lru_cache(maxsize=4096)
def _limits(minimum: int, maximum: int | None, patterns: tuple[str, ...], formats: tuple[str, ...]) -> _Limits:
    """What a text has to keep."""
    # Where no text can hold both, the pattern is what the validator asks for.
    formats = tuple(each for each in formats if not any(contradict(each, pattern) for pattern in patterns))
    parts: list[dict[str, Any]] = [pattern_keyword(pattern) for pattern in patterns]
    parts += [{"format": name} for name in formats]
    schema: dict[str, Any] = {"type": "string", "minLength": minimum, "allOf": [*parts, True]}
    if maximum is not None:
        schema["maxLength"] = maximum
    validator = jsonschema_rs.Draft202012Validator(
        schema, validate_formats=True, formats=FORMATS, keywords={"x-python-pattern": PythonPattern}
    )
    fits = validator.is_valid
    texts = (text for usual in _USUAL for text in (usual, *_fitted(usual, minimum, maximum)))
    return _Limits(formats, fits, next(filter(fits, texts), None) if patterns else None)


def make_text(
    rng: Random,
    *,
    dynamic: bool,
    name: str,
    minimum: int,
    maximum: int | None,
    patterns: tuple[str, ...],
    formats: tuple[str, ...],
    content: str | None = None,
) -> str:
    """A text that keeps all limits; after `_TRIES` tries without success one that does not: the caller checks.

    Args:
        rng: what is random comes from it; the same state gives the same text.
        dynamic: vary the text; otherwise the fixed one is preferred.
        name: of the property, for a likely value.
        minimum: length in characters.
        maximum: length in characters, None where there is no limit.
        patterns: regular expressions that all must match.
        formats: that all must hold.
        content: the text to take where it keeps the limits, such as one in base64.
    """
    formats, fits, usual = _limits(minimum, maximum, patterns, formats)
    text = ""
    if content is not None and fits(content):
        return content
    for candidate in _candidates(rng, name if dynamic else None, patterns, formats, usual):
        for text in (candidate, *_fitted(candidate, minimum, maximum)):
            if fits(text):
                return text
    from cierre.oas.validation.pattern_texts import matching  # noqa: PLC0415 - only patterns need it

    for pattern in patterns:
        for attempt in range(_TRIES):
            text = matching(pattern, rng, minimum, maximum, plain=attempt % 2 == 1)
            others = extended(text, formats) if formats else [text]
            for other in (*others, *_fitted(text, minimum, None)):
                if fits(other):
                    return other
    return text


def _candidates(
    rng: Random, name: str | None, patterns: tuple[str, ...], formats: tuple[str, ...], usual: str | None
) -> Iterator[str]:
    """Texts to try, the likeliest first.

    Args:
        rng: what is random comes from it.
        name: of the property; None: the fixed texts.
        patterns: regular expressions that all must match.
        formats: that all must hold.
        usual: as `_Limits` has it.
    """
    makers = [_FORMATS[item] for item in formats if item in _FORMATS]
    if name is not None and not makers and not patterns:
        maker = _maker_of(name)
        makers = [] if maker is None else [("", maker)]
    made = ""
    for fixed, maker in makers:
        text = fixed if name is None else maker(rng)
        made = made or text
        yield text
    if "date-time" in formats:
        # Of other lengths: without fractions, with microseconds, with an offset.
        for rest in ("Z", ".000Z", ".000000Z", "+00:00", ".000+00:00", ".000000+00:00"):
            yield f"{made[:19]}{rest}"
    if patterns:
        samples = [sample for item in formats for sample in SAMPLES.get(item, ())]
        yield from samples
        if not makers and not samples:
            yield _word(rng)
            yield from () if usual is None else (usual,)
            yield _uuid(rng)
    yield "string" if name is None else _word(rng)
    if formats:
        yield from ("YQ==", "")


@lru_cache(maxsize=4096)
def _maker_of(name: str) -> Callable[[Random], str] | None:
    """What makes likely texts for a property of the name."""
    return next((maker for expression, maker in _NAMES if expression.search(name)), None)


def _fitted(text: str, minimum: int, maximum: int | None) -> list[str]:
    """The text made longer or shorter."""
    if len(text) < minimum:
        return [(text * (minimum // max(len(text), 1) + 1))[:minimum], text + "a" * (minimum - len(text))]
    if maximum is not None and len(text) > maximum:
        return [text[:maximum]]
    return []
