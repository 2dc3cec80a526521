"""A request as ASGI passes it on: its header fields, and its body up to a limit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from cierre.mocks.messages import Receive

# Header sections that are remembered, and bytes of the longest: most clients send the same one again and again.
_REMEMBERED = 256
_LONGEST = 4096


def joined_headers(raw: Iterable[tuple[bytes, bytes]]) -> Mapping[str, str]:
    """Header fields with names in lower case; those of one name are joined (RFC 9110, section 5.3).

    Those of equal requests may be one object: it is not to be changed.
    """
    fields = tuple(raw)
    return _known(fields) if sum([len(value) for _, value in fields]) <= _LONGEST else _joined(fields)


def _joined(raw: tuple[tuple[bytes, bytes], ...]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        if key in headers:
            separator = "; " if key == "cookie" else ", "
            text = f"{headers[key]}{separator}{text}"
        headers[key] = text
    return headers


_known = lru_cache(maxsize=_REMEMBERED)(_joined)


async def read_body(receive: Receive, limit: int, length: str) -> tuple[bytes, bool]:
    """The body, and whether it has more bytes than `limit`: then the rest of it is not read, or nothing at all.

    Args:
        receive: of ASGI.
        limit: in bytes.
        length: the field Content-Length, "" for none.
    """
    if length.isdigit() and int(length[:20]) > limit:
        return b"", True
    pieces, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.request":
            pieces.append(message.get("body", b""))
            size += len(pieces[-1])
        if size > limit:
            return b"", True
        if not message.get("more_body"):
            return b"".join(pieces), False
