"""What a server error says of its cause: two errors that say the same are taken for one."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, unquote_plus, urlsplit

from cierre.contract_tests.exchanges import Exchange

# The name of an exception's type, in any of the usual languages.
_TYPE = re.compile(r"\b[A-Z]\w*\b")
_TYPE_ENDS = ("Error", "Exception", "Fault", "Violation", "Panic")
# Types that say no more than the status.
_NO_TYPE = re.compile(r"(Internal|Unexpected|Unknown|Unhandled|Generic)?(Server|HTTP|Http)?(Error|Exception|Fault)\Z")
# Where a stack trace of Python, JavaScript, Java or Ruby says that it happened.
_FRAMES = (
    re.compile(r'File "([^"]+)", line (\d+)'),
    re.compile(r"\bat (?:\S{1,200} )?\(?([^\s()]{1,300}):(\d{1,9})"),
    re.compile(r"(?m)^\s*(?:from )?([^\s:]+\.rb):(\d+):in"),
)
_TAG = re.compile(r"<[^<>]*>")
# Where a script or style begins or ends in HTML.
_CODE = re.compile(r"</?(?:style|script)\b", re.IGNORECASE)
# Words that are the same in each error of one cause: no numbers, no ids, nothing that any text may have by chance.
_WORD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{4,}(?![A-Za-z0-9])")
_NOT_OF_THE_CAUSE = re.compile(r"trace|time|date|stamp|path|instance|url|uri|(^|_)id$|Id$|host|version", re.IGNORECASE)
_NOTHING = re.compile(r"(?!)")
# Characters of a body that are read, and words of it that count.
_READ, _MOST_WORDS = 20_000, 30


class Said(NamedTuple):
    """What an error says.

    Attributes:
        text: the type and the words, without what changes from one request to the next.
        form: media type and language of the answer: the same error in another form has other words.
        typed: whether an exception is named.
        placed: whether a stack trace says where it happened.
    """

    text: str
    form: tuple[str, str] = ("", "")
    typed: bool = False
    placed: bool = False

    def is_like(self, other: Said) -> bool:
        """Whether both may have one cause, as far as their words show."""
        comparable = self.typed or other.typed or self.form == other.form
        return self.text == other.text if comparable else self.text[:3] == other.text[:3]


def said(seen: Exchange) -> Said:
    """What the answer says of the cause of a server error, without what it repeats of the request."""
    form = (seen.media_type, seen.header("content-language") or "")
    return _said(seen.status, seen.body[:_READ], form, "\n".join(_values(seen)).lower())


@lru_cache(maxsize=512)
def _said(status: int, body: bytes, form: tuple[str, str], values: str) -> Said:
    text = "\n".join(_texts(body.decode(errors="replace")))
    names = [match for match in _TYPE.finditer(text) if match[0].endswith(_TYPE_ENDS)]
    types = [match for match in names if not _NO_TYPE.fullmatch(match[0])]
    frames = [found for found in (pattern.findall(text) for pattern in _FRAMES) if found]
    if not types:
        return Said(f"{status} {_words(text, values)}".strip(), form)
    in_python = "Traceback (most recent call last)" in text
    # Python raises at the end of its traceback, all others at the beginning.
    kind = types[-1 if in_python else 0]
    line = text[kind.start() : text.find("\n", kind.end()) if "\n" in text[kind.end() :] else None]
    words = f"{status} {kind[0]} {_words(line.removeprefix(kind[0]), values)}".strip()
    if not frames:
        return Said(words, form, typed=True)
    file, number = frames[0][-1 if in_python else 0]
    return Said(f"{words} at {file}:{number}", form, typed=True, placed=True)


def _texts(body: str) -> Iterator[str]:
    """The texts of an answer that may name a cause: members of JSON, or all of it without markup."""
    try:
        yield from _members(json.loads(body))
    except (ValueError, RecursionError):
        yield html.unescape(_TAG.sub(" ", " ".join(_CODE.split(body)[::2]))) if "<" in body else body


def _members(value: Any, left_out: re.Pattern[str] = _NOT_OF_THE_CAUSE) -> Iterator[str]:
    pending = [value]
    while pending:
        node = pending.pop(0)
        if isinstance(node, dict):
            pending.extend(child for name, child in node.items() if not left_out.search(name))
        elif isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, str):
            yield node


def _values(seen: Exchange) -> Iterator[str]:
    """What a request has that its error may repeat: values of its path, its query and its body."""
    parts = urlsplit(seen.url)
    yield unquote(parts.path)
    yield from (value for _, value in parse_qsl(parts.query, keep_blank_values=True))
    body = seen.request_body[:_READ]
    try:
        yield from _members(json.loads(body), _NOTHING)
    except (ValueError, RecursionError):
        yield unquote_plus(body.decode(errors="replace"))


def _words(text: str, values: str) -> str:
    """The words of a text that are none of the request's values."""
    return " ".join([word for word in _WORD.findall(text) if word.lower() not in values][:_MOST_WORDS])
