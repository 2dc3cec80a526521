"""Who may read the metrics: whoever has their token, and without one this machine."""

from __future__ import annotations

from hmac import compare_digest
from ipaddress import ip_address

from cierre.errors import TokenInvalid, TokenMissing
from cierre.http.request import Request
from cierre.metrics.exposition import Exposition, expose

# A proxy on this machine speaks for somebody elsewhere.
_FORWARDED = ("x-forwarded-for", "forwarded", "via", "x-real-ip")


def require_scraper(request: Request) -> None:
    """Let pass whoever may read the metrics.

    Raises:
        TokenMissing: a token is needed, and none came; or the service has none, and the client is elsewhere.
        TokenInvalid: it is another one.
    """
    expected = request.services.settings.metrics_token
    if expected is None:
        if not _is_near(request):
            raise TokenMissing
        return
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise TokenMissing
    if not compare_digest(token.strip().encode(), expected.encode()):
        raise TokenInvalid


def metrics_of(request: Request) -> Exposition:
    """The metrics of all processes of this service, in the form that the request asks for."""
    services = request.services
    accept = request.headers.get("accept", "")
    return expose(services.metrics.registry, accept, shared=services.settings.metrics_dir)


def _is_near(request: Request) -> bool:
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(request.caller.ip_address or "").is_loopback
    except ValueError:
        return False
