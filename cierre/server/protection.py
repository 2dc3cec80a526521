"""Header fields that keep a browser from misusing an answer that it shows."""

from __future__ import annotations

# No answer is shown inside of a page, nor taken for what its Content-Type does not say.
PROTECTION = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)
# Of an answer that is no page: nothing in it is carried out.
NO_PAGE = (*PROTECTION, (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"))
