"""What is answered below the application: problem details (RFC 9457), and the end of the connection."""

from __future__ import annotations

import json
from collections.abc import Iterable
from http import HTTPStatus

from cierre.server.paths import is_of_host

Fields = Iterable[tuple[bytes, bytes]]


class Refusal(Exception):
    """A request, or a connection, that no application sees.

    Args:
        status: of HTTP.
        detail: what is wrong, and how to mend it.
        retry_after: seconds.
    """

    def __init__(self, status: HTTPStatus, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.retry_after = retry_after

    def response(self, fields: Fields) -> bytes:
        """The whole answer.

        Args:
            fields: of every answer, such as Date.
        """
        problem = {"type": "about:blank", "title": self.status.phrase, "status": self.status, "detail": self.detail}
        body = json.dumps(problem).encode()
        own = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
        ]
        if self.retry_after is not None:
            own.append((b"retry-after", str(self.retry_after).encode()))
        lines = [name + b": " + value for name, value in (*fields, *own)]
        head = b"\r\n".join([f"HTTP/1.1 {self.status.value} {self.status.phrase}".encode(), *lines])
        return head + b"\r\n\r\n" + body


def bad_request() -> Refusal:
    return Refusal(HTTPStatus.BAD_REQUEST, "this is no HTTP/1.1 request (RFC 9112)")


def check_target(target: bytes, fields: Fields) -> None:
    """Refuse a request target that is not of the host that `Host` names.

    Raises:
        Refusal: it is not.
    """
    if not is_of_host(target, next((value for name, value in fields if name == b"host"), b"")):
        detail = "the request target has a fragment, or another host than Host: send the path (RFC 9112, section 3.2)"
        raise Refusal(HTTPStatus.BAD_REQUEST, detail)


def target_too_long(limit: int) -> Refusal:
    return Refusal(HTTPStatus.REQUEST_URI_TOO_LONG, f"the request target has more than {limit} bytes: shorten it")


def header_too_large(limit: int) -> Refusal:
    detail = f"the header section has more than {limit} bytes: send fewer or shorter fields"
    return Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, detail)


def too_many_fields(limit: int) -> Refusal:
    detail = f"the header section has more than {limit} fields: send fewer"
    return Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, detail)


def too_much_framing(limit: int) -> Refusal:
    detail = f"chunk extensions and trailer fields have more than {limit} bytes: leave them out"
    return Refusal(HTTPStatus.BAD_REQUEST, detail)


def too_slow(part: str, seconds: float) -> Refusal:
    detail = f"the {part} of the request did not arrive within {seconds:g} s: send it again, in one go"
    return Refusal(HTTPStatus.REQUEST_TIMEOUT, detail)


def gave_way() -> Refusal:
    return Refusal(HTTPStatus.REQUEST_TIMEOUT, "the server is full, and this request was not complete: send it again")


def no_room() -> Refusal:
    detail = "the server has as many connections as it can hold: try again"
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after=1)
