"""The page at `/__mock/`: its files, as the package has them."""

from __future__ import annotations

import re
from pathlib import Path

from cierre.mocks.messages import MockReply
from cierre.server.protection import PROTECTION

PAGE = "/__mock/"
ASSETS = "/__mock/page/"
_FOLDER = Path(__file__).parent / "assets"
_NAME = re.compile(r"[a-z]+\.(css|js)\Z")
_TYPES = {"css": b"text/css; charset=utf-8", "js": b"text/javascript; charset=utf-8"}
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page(path: str, accept_language: str) -> MockReply | None:
    """The page, or a part of it; None for any other path.

    Args:
        path: of the request.
        accept_language: decides between English and Spanish; the page has a switch, too.
    """
    if path == PAGE:
        language = _language(accept_language)
        text = (_FOLDER / "index.html").read_text(encoding="utf-8").replace('lang="en"', f'lang="{language}"', 1)
        return _reply(text.encode(), b"text/html; charset=utf-8")
    name = path.removeprefix(ASSETS)
    if not path.startswith(ASSETS) or not _NAME.match(name) or not (_FOLDER / name).is_file():
        return None
    return _reply((_FOLDER / name).read_bytes(), _TYPES[name.rpartition(".")[2]])


def _reply(body: bytes, media_type: bytes) -> MockReply:
    fields = [
        (b"content-type", media_type),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-cache"),
        (b"vary", b"Accept-Language"),
        *PROTECTION,
        (b"content-security-policy", _POLICY),
    ]
    return MockReply(200, fields, body, "the page of the mock")


def _language(accept_language: str) -> str:
    """`es` or `en`: the one that the field prefers; English where it prefers none."""
    best, quality = "en", 0.0
    for item in accept_language.lower().split(","):
        tag, _, weight = item.partition(";")
        primary = tag.strip().partition("-")[0]
        found = re.fullmatch(r"\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*", weight)
        given = float(found[1]) if found else 1.0
        if primary in {"es", "en"} and given > quality:
            best, quality = primary, given
    return best
