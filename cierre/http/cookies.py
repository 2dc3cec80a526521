"""The refresh token's cookie (decision 16), and whom it is accepted from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from cierre.errors import ForeignOrigin, NotFound, RefreshTokenInvalid, Unauthorized
from cierre.http.request import Request
from cierre.outcomes import Headers
from cierre.settings import origin

NAME = "refreshToken"
_ATTRIBUTES = "Path=/; HttpOnly; Secure; SameSite=Strict"
# The same attributes, or the browser keeps it. Never "cache" here: it hangs Chrome for seconds.
CLEARED: Headers = (
    ("Set-Cookie", f"{NAME}=; Max-Age=0; {_ATTRIBUTES}"),
    ("Clear-Site-Data", '"cookies", "storage"'),
)


def set_cookie(token: str, max_age: int) -> Headers:
    """`max_age` in seconds."""
    return (("Set-Cookie", f"{NAME}={token}; Max-Age={max_age}; {_ATTRIBUTES}"),)


@dataclass(frozen=True, slots=True)
class Presented:
    """A refresh token that came with a request.

    Attributes:
        cleared: the header fields that take the cookie away, where it was the credential.
    """

    token: str
    from_cookie: bool

    @property
    def cleared(self) -> Headers:
        return CLEARED if self.from_cookie else ()


@asynccontextmanager
async def presented(request: Request, body: dict[str, Any] | None) -> AsyncIterator[Presented]:
    """The refresh token of the body, or else of the cookie; a cookie that is no good any more is taken away.

    Raises:
        RefreshTokenInvalid: there is none.
        ForeignOrigin: the cookie came from a foreign origin.
    """
    token = (body or {}).get(NAME)
    if token is not None:
        yield Presented(token, from_cookie=False)
        return
    token = request.cookie(NAME)
    if not token:
        raise RefreshTokenInvalid
    refuse_foreign_origin(request)
    try:
        yield Presented(token, from_cookie=True)
    except (Unauthorized, NotFound) as dead:
        dead.headers["Set-Cookie"] = CLEARED[0][1]
        raise


def refuse_foreign_origin(request: Request) -> None:
    """Foreign: neither the public URL of the service nor one of the allowed origins.

    Raises:
        ForeignOrigin
    """
    settings = request.services.settings
    claimed = request.headers.get("origin")
    if claimed is not None:
        if claimed not in {origin(settings.issuer), *settings.allowed_origins}:
            raise ForeignOrigin
    elif request.headers.get("sec-fetch-site") == "cross-site":
        raise ForeignOrigin
