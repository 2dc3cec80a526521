"""multipart/form-data, by python-multipart."""

from __future__ import annotations

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from cierre.oas.validation.violations import MalformedBody

Part = tuple[str, str, bytes]


class _Collector:
    """Gathers what the parser calls back with."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.ended = False
        self._headers: dict[str, bytes] = {}
        self._name = self._value = self._data = b""

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_part_data": self._more_data,
            "on_part_end": self._end,
            "on_header_field": self._more_name,
            "on_header_value": self._more_value,
            "on_header_end": self._header,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        self._headers = {}
        self._data = b""

    def _more_data(self, data: bytes, start: int, end: int) -> None:
        self._data += data[start:end]

    def _more_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _more_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value
        self._name = self._value = b""

    def _end(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition", b""))
        content_type = self._headers.get("content-type", b"text/plain").decode("latin-1")
        self.parts.append((options.get(b"name", b"").decode("utf-8", "replace"), content_type, self._data))

    def _finish(self) -> None:
        self.ended = True


def parse_parts(body: bytes, boundary: str) -> list[Part]:
    """(name, Content-Type, content) of each part, in order.

    Raises:
        MalformedBody: no boundary, or a body that does not follow it to its end.
    """
    if not boundary:
        raise MalformedBody("the Content-Type names no boundary")
    collector = _Collector()
    try:
        parser = MultipartParser(boundary.encode("latin-1", "replace"), collector.callbacks())  # type: ignore[arg-type]
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise MalformedBody(f"not a multipart body: {error}") from None
    if not collector.ended:
        raise MalformedBody("the multipart body ends before its last boundary")
    return collector.parts
