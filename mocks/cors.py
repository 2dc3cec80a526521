"""Cross-origin requests as browsers make them (Fetch standard): any origin, credentials included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cierre.mocks.messages import Headers

_DAY = b"86400"


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a request asks for permission to send another one; names of `headers` are in lower case."""
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def preflight(headers: Mapping[str, str], methods: Sequence[str]) -> Headers:
    """The fields of the reply to a preflight: what is asked for is allowed.

    Args:
        headers: of the preflight, names in lower case.
        methods: that the path has, in upper case.
    """
    asked = headers["access-control-request-method"].upper()
    allowed = ", ".join(dict.fromkeys([*methods, asked]))
    fields = [
        *_origin(headers["origin"]),
        (b"access-control-allow-methods", allowed.encode("latin-1")),
        (b"access-control-max-age", _DAY),
        (b"vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
    ]
    if "access-control-request-headers" in headers:
        wanted = headers["access-control-request-headers"].encode("latin-1")
        fields.append((b"access-control-allow-headers", wanted))
    if headers.get("access-control-request-private-network") == "true":
        fields.append((b"access-control-allow-private-network", b"true"))
    return fields


def share(origin: str, headers: Headers) -> Headers:
    """The reply's fields and those that let a page of another origin read it.

    With credentials `*` is taken literally, so the origin and the names of the fields are written out.

    Args:
        origin: of the page, as the request has it.
        headers: of the reply.
    """
    kept = [item for item in headers if item[0] != b"vary"]
    vary = [value for name, value in headers if name == b"vary"]
    exposed = b", ".join(dict.fromkeys(name for name, _ in headers if name != b"set-cookie"))
    return [
        *kept,
        *_origin(origin),
        (b"access-control-expose-headers", exposed),
        (b"vary", b", ".join([*vary, b"Origin"])),
    ]


def _origin(origin: str) -> Headers:
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
    ]
