"""The refresh token's cookie (decision 16), and the origins that it is accepted from."""

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
# The same attributes, or the browser keeps the cookie.
EXPIRED_COOKIE = ("Set-Cookie", f"{NAME}=; Max-Age=0; {_ATTRIBUTES}")
# Never "cache" here: it hangs Chrome for seconds.
CLEARED: Headers = (EXPIRED_COOKIE, ("Clear-Site-Data", '"cookies", "storage"'))


def set_cookie(token: str, max_age: int) -> Headers:
    """The field that sets the cookie.

    Args:
        max_age: seconds.
    """
    return (("Set-Cookie", f"{NAME}={token}; Max-Age={max_age}; {_ATTRIBUTES}"),)


@dataclass(frozen=True, slots=True)
class Presented:
    """A refresh token that came with a request.

    Attributes:
        cleared: the header fields that clear the cookie, where it was the credential.
    """

    token: str
    from_cookie: bool

    @property
    def cleared(self) -> Headers:
        return CLEARED if self.from_cookie else ()


@asynccontextmanager
async def presented(request: Request, body: dict[str, Any] | None) -> AsyncIterator[Presented]:
    """The refresh token of the body, or else of the cookie; a cookie that is refused inside is cleared.

    Args:
        body: None: the request has none.

    Raises:
        RefreshTokenInvalid: there is no refresh token.
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
    except (Unauthorized, NotFound) as refused:
        refused.clear_cookie = True
        raise


def refuse_foreign_origin(request: Request) -> None:
    """Refuse what a browser sends from neither the service's own origin nor one of the allowed ones.

    Raises:
        ForeignOrigin: it does.
    """
    settings = request.services.settings
    claimed = request.headers.get("origin")
    if claimed is not None:
        if claimed not in {origin(settings.issuer), *settings.allowed_origins}:
            raise ForeignOrigin
    elif request.headers.get("sec-fetch-site") == "cross-site":
        raise ForeignOrigin
