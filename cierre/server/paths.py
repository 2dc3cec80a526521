"""Paths of requests: those that two readers take for different ones, and what of a path may stand in a log."""

from __future__ import annotations

import re
from functools import lru_cache

# `/a%2fb`, `/a%5cb`, `/a/../b`, `//a`, and what needs no code in disguise (`/%61dmin`, `/a%2db`): a proxy whose rules
# go by the path as it is written sees another path than who decodes it (RFC 3986, sections 2.3, 6.2.2 and 7.3).
_AMBIGUOUS = re.compile(
    rb"//|\\|%2[d-fD-F]|%5[cfCF]|%7[eE]|/\.{1,2}(?:/|\Z)|%3[0-9]|%[46][1-9a-fA-F]|%[57][0-9aA]",
)
# A UUID is shown; tokens are longer.
_LONGEST_SEGMENT = 36
_LONGEST_PATH = 512


def is_ambiguous(path: bytes) -> bool:
    """Whether a path means something else before than after it is decoded or normalised.

    Args:
        path: as it was sent, percent-encoded, without the query.
    """
    return _AMBIGUOUS.search(path) is not None


def is_of_host(target: bytes, host: bytes) -> bool:
    """Whether a request target is a path, or a whole address whose host is that of `Host` (RFC 9112, section 3.2).

    A proxy goes by the address, and leaves out nothing behind a `#`; so two readers would take it for two requests.
    """
    if b"#" in target:
        return False
    _, is_address, rest = target.partition(b"://")
    if target[:1] in {b"/", b"*"} or not is_address:
        return True
    authority = rest.replace(b"?", b"/", 1).partition(b"/")[0]
    return authority.lower() == host.lower()


@lru_cache(maxsize=1024)
def loggable(path: str) -> str:
    """The path with `***` for each segment that may be a token: a client may have put one there by mistake."""
    masked = "/".join("***" if len(part) > _LONGEST_SEGMENT or _holds_bar(part) else part for part in path.split("/"))
    return masked if len(masked) <= _LONGEST_PATH else f"{masked[:_LONGEST_PATH]}…"


def _holds_bar(segment: str) -> bool:
    """As the tokens of Laravel Sanctum do: `1|abcdef`."""
    return "|" in segment or "%7c" in segment.lower()
