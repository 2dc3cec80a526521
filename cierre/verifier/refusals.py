"""Why a request is not let in: each knows its status and header fields (RFC 6750, section 3)."""

from __future__ import annotations

from typing import ClassVar


class Refused(Exception):
    """The root.

    Attributes:
        status: of the answer.
        code: stable, for the body.
        headers: of the answer.
    """

    status: ClassVar[int] = 401
    code: ClassVar[str] = "INVALID_ACCESS_TOKEN"
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": 'Bearer realm="cierre", error="invalid_token"'}

    def __init__(self) -> None:
        super().__init__(self.code)


class Missing(Refused):
    """No bearer token came with the request: the challenge names no error."""

    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": 'Bearer realm="cierre"'}


class Invalid(Refused):
    """It is no token of our issuer for our audience."""


class Expired(Refused):
    """Its time is over; a refresh may help."""

    code = "ACCESS_TOKEN_EXPIRED"


class Revoked(Refused):
    """Its session is closed."""


class Unavailable(Refused):
    """Nobody can say now whether it is revoked, or whose key signed it: it is not let in."""

    status = 503
    code = "SERVICE_UNAVAILABLE"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "5"}
