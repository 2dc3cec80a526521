"""What in a request or an answer is a credential, whatever its owner calls it: by place, by name, by form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

_NAME = re.compile(
    r"token|secret|passw|passphrase|pwd|clave|contrase|cookie|session|jwt|api[-_]?key|credential|authori[sz]ation"
    r"|assertion|bearer|signature|verifier|(^|[-_.\[])(sid|sig|otp|key|auth|ticket)\]?\Z|[a-z](Key|Auth|Ticket|Sid)\Z",
    re.IGNORECASE,
)
# Names that speak about a credential and hold none: `token_type`, `password_changed_at`, `token_endpoint`.
_ABOUT = re.compile(
    r"(type|hint|expir\w*|_in|In|_at|At|ttl|age|endpoint|ur[il]|methods?|supported|name|status|count|reason|error|alg"
    r"|format|length|scope|policy|mode)\Z|^(expir|max|min|has|is)[-_A-Z]",
)
# OAuth 2.0 writes these into URLs (RFC 6749, sections 4.1.2 and 4.1.3); in a body `code` is the code of an error.
_URL_NAMES = frozenset({"code", "state", "nonce", "signature", "sig", "hash"})
_JWT = re.compile(r"(?<![\w.-])eyJ[\w-]{4,}\.[\w-]+\.[\w-]*")
_FORM = re.compile(r"(?<![\w%.\[\]-])([\w%.\[\]-]{1,80})=([^&\s\"'<>;,#]+)")
_URL = re.compile(r"([?&#;])([\w%.\[\]-]{1,80})=([^&\s\"'<>;#]+)")
_JSON = re.compile(r'"([^"\\]{1,80})"(\s*:\s*)"((?:[^"\\]|\\.)*)')
_XML = re.compile(r"<(?:\w+:)?([\w.-]{1,80})(?:\s[^<>]*)?>([^<>]+)(?=</)")
_USERINFO = re.compile(r"(?<=://)[^/\s@\"'<>]+(?=@)")
# Random letters of both cases with digits, or more hexadecimal digits than an id or a digest of MD5 has.
_RANDOM = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[\w.~+/|:=-]{24,}\Z|[0-9a-f]{40,}\Z", re.DOTALL)
_ID_OR_TIME = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z|\d{4}-\d\d-\d\dT[\d:.Z+-]+\Z|\w+://")
_OTHER_FIELDS = frozenset({"cookie", "set-cookie", "idempotency-key", "sec-websocket-key", "sec-websocket-accept"})
# Characters: what is shorter can be a word.
_SHORTEST = 8
# Characters of a text that are searched.
_SEARCHED = 1_000_000
# Characters of a text that is remembered once it was searched.
_SHORT = 500
_COOKIES = re.compile(r",\s*(?=[^\s;,=]+=)")


class Span(NamedTuple):
    """A credential in a text: its name, and from where to where it stands."""

    name: str
    start: int
    end: int


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether a member, parameter, cookie or header field of this name holds a credential."""
    return bool(_NAME.search(name)) and not _ABOUT.search(name)


def is_secret_field(name: str, value: str) -> bool:
    """Whether a header field's value is a credential as a whole; Cookie and Set-Cookie have names and attributes."""
    lower = name.lower()
    return lower not in _OTHER_FIELDS and is_secret_name(lower) and is_worth_hiding(lower, value)


def is_worth_hiding(name: str, value: str) -> bool:
    """Whether the value of a secret name can be a credential: a short word is none, except for a password."""
    if re.search(r"passw|pwd|passphrase|clave|contrase|secret", name, re.IGNORECASE):
        return bool(value)
    if name.lower() in {"authorization", "proxy-authorization"}:
        return bool(value)
    return len(value) >= _SHORTEST and not re.search(r"\s", value)


def cookies(field: str) -> Iterator[Span]:
    """The values in a field Cookie, or in one or more Set-Cookie joined with commas, without their attributes."""
    at = 0
    for line in _COOKIES.split(field):
        start = field.index(line, at)
        at = start + len(line)
        name, equals, rest = line.partition("=")
        value = rest.partition(";")[0]
        begin = start + len(name) + len(equals)
        yield Span(name.strip(), begin, begin + len(value.rstrip()))


def request_cookies(field: str) -> Iterator[Span]:
    """The values in a field Cookie (RFC 6265, section 4.2.1)."""
    at = 0
    for pair in field.split(";"):
        name, equals, value = pair.partition("=")
        begin = at + len(name) + len(equals)
        yield Span(name.strip(), begin, begin + len(value.rstrip()))
        at += len(pair) + 1


def in_text(text: str) -> Sequence[Span]:
    """Credentials in a text of any syntax (JSON, a form, a URL, XML), by their names and as JWTs, in order."""
    return _in_short(text) if len(text) <= _SHORT else _searched(text[:_SEARCHED])


@lru_cache(maxsize=4096)
def _in_short(text: str) -> tuple[Span, ...]:
    """Header fields and messages are the same in most answers: each is searched once."""
    return tuple(_searched(text))


def _searched(text: str) -> list[Span]:
    found = [Span("jwt", *match.span()) for match in _JWT.finditer(text)]
    found += [Span("userinfo", *match.span()) for match in _USERINFO.finditer(text)]
    found += [Span(match[1], *match.span(3)) for match in _JSON.finditer(text) if _holds(match[1], match[3])]
    found += [Span(match[1], *match.span(2)) for match in _FORM.finditer(text) if _holds(match[1], match[2])]
    found += [Span(match[1], *match.span(2)) for match in _XML.finditer(text) if _holds(match[1], match[2])]
    found += [Span(match[2], *match.span(3)) for match in _URL.finditer(text) if _holds_in_url(match[2], match[3])]
    return _apart(found)


def _holds(name: str, value: str) -> bool:
    name = unquote_plus(name) if "%" in name or "+" in name else name
    return is_secret_name(name) and is_worth_hiding(name, value)


def _holds_in_url(name: str, value: str) -> bool:
    return name.lower() in _URL_NAMES and len(value) >= _SHORTEST


def _apart(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, of those that overlap the first and longest."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def issued(headers: Iterable[tuple[str, str]], body: bytes) -> Iterator[tuple[str, str]]:
    """Name and value of each credential that an answer gives to its client.

    Args:
        headers: of the answer, pairs.
        body: of the answer; in JSON a random text is taken for a credential under any name.
    """
    for field, value in headers:
        if field.lower() == "set-cookie":
            for one in cookies(value):
                yield f"cookie_{one.name}", value[one.start : one.end].strip('"')
        elif is_secret_field(field, value):
            yield field, value
        else:
            yield from ((one.name, value[one.start : one.end]) for one in in_text(value))
    text = body[:_SEARCHED].decode(errors="replace")
    try:
        yield from _members(json.loads(body))
    except (ValueError, RecursionError):
        yield from ((one.name, text[one.start : one.end]) for one in in_text(text))


def _members(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    pending = [(name, value)]
    while pending:
        name, node = pending.pop()
        if isinstance(node, dict):
            pending.extend((str(key), child) for key, child in node.items())
        elif isinstance(node, list):
            pending.extend((name, child) for child in node)
        elif isinstance(node, str) and (_holds(name, node) or is_random(node)):
            # The id of a session stands in paths as well; where it is a credential, it is sent as one.
            if not (name.lower().endswith("id") and _ID_OR_TIME.match(node)):
                yield name, node
        elif isinstance(node, str):
            yield from ((one.name, node[one.start : one.end]) for one in in_text(node))


def is_random(value: str) -> bool:
    """Whether a text looks drawn at random, as tokens are; ids, times and URLs are not."""
    return bool(_RANDOM.match(value)) and not _ID_OR_TIME.match(value)
