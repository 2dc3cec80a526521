"""The field Cookie (RFC 6265, section 4.2.1)."""

from __future__ import annotations


def read_cookies(field: str) -> dict[str, str]:
    """Name → value, as a browser sends them; of one that is sent twice the last counts.

    Args:
        field: "" for none.
    """
    # Loads Starlette, which most documents need nothing of.
    from starlette.requests import cookie_parser  # noqa: PLC0415

    return cookie_parser(field) if field else {}
