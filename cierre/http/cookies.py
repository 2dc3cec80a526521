"""The refresh token's cookie (decision 16), the origins that it is accepted from, and the cookie of a known device."""

from __future__ import annotations

from typing import Any, NamedTuple

from cierre.clock import now_ms
from cierre.domain.logins import account_name
from cierre.errors import (
    ForeignOrigin,
    NotFound,
    RefreshTokenInvalid,
    RequestViolation,
    Unauthorized,
    ValidationFailed,
)
from cierre.http.request import Request
from cierre.outcomes import Headers
from cierre.settings import origin
from cierre.tokens.devices import device_of, new_device

# Browsers take a cookie of this prefix from nobody but the host itself, over TLS, for the path /
# (RFC 6265bis, 4.1.3.2): no neighbouring subdomain plants a session of its own.
NAME = "__Host-refreshToken"
# The documented name: read until the sunset, and no longer set.
OLD_NAME = "refreshToken"
# Of the body that holds the same token.
_MEMBER = "refreshToken"
_ATTRIBUTES = "Path=/; HttpOnly; Secure; SameSite=Strict"
DEVICE = "knownDevice"
# No other operation needs it.
_DEVICE_ATTRIBUTES = "Path=/api/v1/auth/login; HttpOnly; Secure; SameSite=Strict"
# The same attributes, or the browser keeps the cookie.
_OLD_EXPIRED = ("Set-Cookie", f"{OLD_NAME}=; Max-Age=0; {_ATTRIBUTES}")
EXPIRED: Headers = (("Set-Cookie", f"{NAME}=; Max-Age=0; {_ATTRIBUTES}"), _OLD_EXPIRED)
# Never "cache" here: it hangs Chrome for seconds.
CLEARED: Headers = (*EXPIRED, ("Clear-Site-Data", '"cookies", "storage"'))
# Values of Sec-Fetch-Site that no page of another origin causes.
_OWN = frozenset({"same-origin", "none"})


def set_cookie(token: str, max_age: int) -> Headers:
    """The fields that set the cookie, and take away the one of the documented name, whose token it replaces.

    Args:
        max_age: seconds.
    """
    return (("Set-Cookie", f"{NAME}={token}; Max-Age={max_age}; {_ATTRIBUTES}"), _OLD_EXPIRED)


def remember_device(request: Request, username: str) -> Headers:
    """The field that sets the cookie of a device whose login succeeded; none where no limit asks for it.

    Args:
        username: that logged in.
    """
    services = request.services
    if services.limiter.mode == "off":
        return ()
    value = new_device(account_name(username), services.issuer.secret, at=now_ms())
    max_age = services.settings.known_device_ttl // 1000
    return (("Set-Cookie", f"{DEVICE}={value}; Max-Age={max_age}; {_DEVICE_ATTRIBUTES}"),)


def known_device(request: Request, account: str) -> str | None:
    """The id of the device that the request comes from; None: it has not logged in to the account yet, or long ago.

    Args:
        account: the login name, as `account_name` writes it.
    """
    services = request.services
    since = now_ms() - services.settings.known_device_ttl
    found = (device_of(value, account, services.issuer.secret, since=since) for value in request.cookies(DEVICE))
    return next((device for device in found if device is not None), None)


class Presented(NamedTuple):
    """A refresh token that came with a request.

    Attributes:
        cleared: the header fields that clear the cookie, where it was the credential.
    """

    token: str
    from_cookie: bool

    @property
    def cleared(self) -> Headers:
        return CLEARED if self.from_cookie else ()


class presented:  # noqa: N801 - a context manager
    """The refresh token of the body, or else of the cookie; a cookie that is refused inside is cleared.

    Args:
        body: None: the request has none.

    Raises:
        RefreshTokenInvalid: there is no refresh token.
        ForeignOrigin: the cookie came from a foreign origin.
        ValidationFailed: there are two cookies of one name.
    """

    __slots__ = ("_presented",)

    def __init__(self, request: Request, body: dict[str, Any] | None) -> None:
        token = (body or {}).get(_MEMBER)
        if token is not None:
            self._presented = Presented(token, from_cookie=False)
            return
        token = _of_cookie(request)
        if not token:
            raise RefreshTokenInvalid
        refuse_foreign_origin(request)
        self._presented = Presented(token, from_cookie=True)

    def __enter__(self) -> Presented:
        return self._presented

    def __exit__(self, _kind: object, failure: BaseException | None, _traceback: object) -> None:
        if self._presented.from_cookie and isinstance(failure, (Unauthorized, NotFound)):
            failure.clear_cookie = True


def refuse_foreign_origin(request: Request) -> None:
    """Refuse what a browser sends for a page of another origin, unless the origin is an allowed one.

    `Sec-Fetch-Site` is the browser's own word, and the surest; a browser that is too old for it has `Origin`; a client
    that has neither is no browser.

    Raises:
        ForeignOrigin: it is such a request.
    """
    claimed, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if claimed is not None and claimed in request.services.settings.allowed_origins:
        return
    if site is not None:
        if site not in _OWN:
            raise ForeignOrigin
    elif claimed is not None and not _is_own(request, claimed):
        raise ForeignOrigin


def _is_own(request: Request, claimed: str) -> bool:
    """Whether an origin is the issuer's, or has the host and port that the request was sent to.

    The scheme is not compared: TLS may end at a proxy.
    """
    if claimed == origin(request.services.settings.issuer):
        return True
    scheme, _, host = claimed.partition("://")
    try:
        return bool(host) and claimed == origin(f"{scheme}://{request.headers.get('host', '')}")
    except ValueError:
        # A Host that no URL can have.
        return False


def _of_cookie(request: Request) -> str | None:
    names = (NAME, OLD_NAME) if now_ms() < request.services.settings.sunset else (NAME,)
    for name in names:
        values = request.cookies(name)
        if len(values) > 1:
            message = f"{len(values)} cookies of this name: delete the cookies of this site, and log in again"
            raise ValidationFailed([RequestViolation("cookie", f"/{name}", message)])
        if values:
            return values[0]
    return None
