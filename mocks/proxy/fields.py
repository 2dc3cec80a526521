"""Header fields on their way through a proxy (RFC 9110, sections 7.6 and 7.6.1)."""

from __future__ import annotations

from collections.abc import Iterable

from cierre.mocks.messages import Headers

# These are about one connection, whether Connection lists them or not.
_OF_ONE_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
# The server behind which the proxy runs has answered it already.
_ANSWERED = frozenset({b"expect"})
_VIA = b"1.1 cierre"


def without_hops(fields: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The fields that are for the other end; names in lower case."""
    lowered = [(name.lower(), value) for name, value in fields]
    listed = {
        one.strip().lower() for name, value in lowered if name == b"connection" for one in value.split(b",") if one
    }
    dropped = _OF_ONE_HOP | listed
    return [(name, value) for name, value in lowered if name not in dropped]


def forwarded(fields: Iterable[tuple[bytes, bytes]], host: bytes, client: str) -> Headers:
    """The fields of a request as the upstream server gets them.

    Args:
        fields: of the request.
        host: of the upstream server, with its port where that is not the scheme's.
        client: the address that the request came from, "" where that is unknown.
    """
    kept = [item for item in without_hops(fields) if item[0] not in _ANSWERED]
    named = next((value for name, value in kept if name == b"host"), b"")
    before = [value for name, value in kept if name == b"x-forwarded-for"]
    rest = [item for item in kept if item[0] not in {b"host", b"x-forwarded-for"}]
    known = {name for name, _ in rest}
    added: Headers = [(b"host", host), (b"via", _VIA)]
    if client:
        added.append((b"x-forwarded-for", b", ".join([*before, client.encode("latin-1", "replace")])))
    if named and b"x-forwarded-host" not in known:
        added.append((b"x-forwarded-host", named))
    if b"x-forwarded-proto" not in known:
        added.append((b"x-forwarded-proto", b"http"))
    return added + rest
