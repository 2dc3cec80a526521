"""A text that is served as it is: made once, compressed once, and not sent to whoever has it (RFC 9110, section 13)."""

from __future__ import annotations

import gzip
from functools import cached_property
from hashlib import sha256
from typing import NamedTuple

from cierre.dialects.negotiation import takes_coding

Fields = list[tuple[bytes, bytes]]
_GZIP = "gzip"


class _Form(NamedTuple):
    """The text in one content coding.

    Attributes:
        etag: strong, so it differs from those of the other codings (RFC 9110, section 8.8.3).
    """

    body: bytes
    etag: str
    fields: Fields


class Stored:
    """A text and its gzip.

    Args:
        media_type: the Content-Type.
        body: the text.
    """

    def __init__(self, media_type: str, body: bytes) -> None:
        self._media_type = media_type
        self._body = body

    @cached_property
    def _plain(self) -> _Form:
        return _Form(self._body, f'"{_hash(self._body)}"', [])

    @cached_property
    def _zipped(self) -> _Form:
        # Without a time: the same text has the same bytes on every node.
        body = gzip.compress(self._body, mtime=0)
        return _Form(body, f'"{_hash(self._body)}-gzip"', [(b"content-encoding", b"gzip")])

    def answer(self, accept_encoding: str, if_none_match: str) -> tuple[int, Fields, bytes]:
        """Status, fields and body for a GET with these fields; an absent field is an empty text."""
        form = self._zipped if takes_coding(accept_encoding, _GZIP) else self._plain
        fields: Fields = [
            (b"etag", form.etag.encode()),
            # Kept by whoever likes, and asked for again each time: a new version is seen at once.
            (b"cache-control", b"no-cache"),
            (b"vary", b"Accept-Encoding"),
        ]
        if _names(if_none_match, form.etag):
            return 304, fields, b""
        length = str(len(form.body)).encode()
        fields += [(b"content-type", self._media_type.encode()), (b"content-length", length), *form.fields]
        return 200, fields, form.body


def _hash(body: bytes) -> str:
    return sha256(body).hexdigest()[:32]


def _names(if_none_match: str, etag: str) -> bool:
    """Whether If-None-Match names the text; its comparison is the weak one (RFC 9110, section 13.1.2)."""
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in tags or etag in tags
