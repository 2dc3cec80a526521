"""Why a request is not let in: each knows its status and header fields (RFC 6750, section 3)."""

from __future__ import annotations

from typing import ClassVar


class Refused(Exception):
    """A request is not let in: the root of all reasons.

    Attributes:
        status: HTTP status of the answer.
        code: for programs that read the answer; it doesn't change.
        headers: header fields of the answer.
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
    """It is no token of this issuer for this audience."""


class Expired(Refused):
    """Its time is over; a refresh may help."""

    code = "ACCESS_TOKEN_EXPIRED"


class Revoked(Refused):
    """Its session is closed."""


class AmbiguousPath(Refused):
    """The path has a dot segment: whether it is public depends on who removes it (RFC 3986, section 5.2.4)."""

    status = 400
    code = "INVALID_PATH"
    headers: ClassVar[dict[str, str]] = {}


class Unavailable(Refused):
    """The keys, or what is revoked, are not known now: the token is not let in."""

    status = 503
    code = "SERVICE_UNAVAILABLE"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "5"}
