"""JSON pointers (RFC 6901): the one place where tokens are escaped and joined."""

from __future__ import annotations


def escape(token: str) -> str:
    """A member's name as a token of a pointer."""
    return token.replace("~", "~0").replace("/", "~1")


def pointer(*tokens: str | int) -> str:
    """Join tokens into a pointer: `("a/b", 0)` → `/a~1b/0`."""
    return "".join(f"/{escape(str(token))}" for token in tokens)


def tokens(text: str) -> list[str]:
    """The tokens of a pointer, unescaped: `/a~1b/0` → `["a/b", "0"]`."""
    return [token.replace("~1", "/").replace("~0", "~") for token in text.split("/")[1:]]
