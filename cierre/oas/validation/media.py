"""Media types: read, classified, and found among those that a document declares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Literal, NamedTuple

Kind = Literal["json", "form", "multipart", "xml", "text", "binary"]


class MediaType(NamedTuple):
    """`essence` is lower case without parameters; parameters' names are lower case."""

    essence: str
    parameters: Mapping[str, str]


@lru_cache(maxsize=1024)
def parse(text: str) -> MediaType:
    """`Application/JSON; charset="utf-8"` → `("application/json", {"charset": "utf-8"})`; nobody changes it."""
    essence, _, rest = text.partition(";")
    parameters = {}
    for piece in _split(rest):
        name, _, value = piece.partition("=")
        if name.strip():
            parameters[name.strip().lower()] = value.strip().strip('"')
    return MediaType(essence.strip().lower(), parameters)


def _split(text: str) -> list[str]:
    """Split at semicolons that stand outside of quotes."""
    if '"' not in text:
        return text.split(";")
    pieces, quoted = [""], False
    for character in text:
        quoted ^= character == '"'
        if character == ";" and not quoted:
            pieces.append("")
        else:
            pieces[-1] += character
    return pieces


def declared(content: Any) -> dict[str, Any]:
    """What of a `content` stands under a media type: a mis-indented `description` or `schema` does not."""
    found = content.items() if isinstance(content, Mapping) else ()
    return {str(key): item for key, item in found if is_media_type(key)}


def is_media_type(key: Any) -> bool:
    """Whether a key names a media type, or a range of them: `*` is one in many documents."""
    return "/" in (text := str(key)).partition(";")[0] or text.strip() == "*"


def kind_of(essence: str) -> Kind:
    """How a body of this type is read."""
    if essence == "application/json" or essence.endswith("+json") or essence == "text/json":
        return "json"
    if essence == "application/x-www-form-urlencoded":
        return "form"
    if essence.startswith("multipart/"):
        return "multipart"
    if essence in {"application/xml", "text/xml"} or essence.endswith("+xml"):
        return "xml"
    return "text" if essence.startswith("text/") else "binary"


def find(declared: Iterable[str], essence: str, parameters: Mapping[str, str] | None = None) -> str | None:
    """The declared media type (or range) that covers a concrete one, the most specific first.

    Among types of one name the one goes first whose parameters were given.
    """
    best: tuple[tuple[int, int], str] | None = None
    given = (parameters or {}).items()
    for key in declared:
        candidate = parse(key)
        covered = _rank(candidate.essence, essence)
        met = candidate.parameters.items() <= given
        rank = covered, len(candidate.parameters) if met else -1
        if covered and (best is None or rank > best[0]):
            best = rank, key
    return best[1] if best else None


def _rank(candidate: str, essence: str) -> int:
    if candidate == essence:
        return 3
    if candidate.endswith("/*") and candidate != "*/*" and essence.startswith(candidate[:-1]):
        return 2
    return 1 if candidate in {"*/*", "*"} else 0
