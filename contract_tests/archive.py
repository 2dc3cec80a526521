"""Traffic as an HTTP Archive, for tools that replay it: of a run, and of a mock."""

from __future__ import annotations

import base64
import codecs
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import harfile

from cierre.contract_tests.exchanges import Exchange
from cierre.contract_tests.masking import masked
from cierre.contract_tests.secrets import Secrets

# Bytes of a body that are kept: a probe of megabytes says no more than its beginning.
KEPT = 10_000


def archive_of(exchanges: Iterable[Exchange], secrets: Secrets, kept: int = KEPT) -> str:
    """HTTP Archive 1.2; credentials are masked.

    Args:
        exchanges: in order.
        secrets: that are known, beside what is one by its place, its name or its form.
        kept: bytes of each body.
    """
    output = io.StringIO()
    with harfile.HarFile.open(output) as archive:
        for exchange in exchanges:
            seen = masked(exchange, secrets)
            archive.add_entry(
                startedDateTime=datetime.fromtimestamp(seen.started, tz=UTC).isoformat(),
                time=round(seen.elapsed * 1000, 2),
                request=_request(seen, len(exchange.request_body), kept),
                response=_response(seen, len(exchange.body), kept),
                timings=harfile.Timings(send=0, wait=round(seen.elapsed * 1000, 2), receive=0),
                comment=f"{seen.phase}: {seen.operation}" if seen.phase else seen.operation,
            )
    return output.getvalue()


def _text(body: bytes, kept: int) -> str:
    """What an archive keeps of a body; `bodySize` is the length of all of it."""
    return body[:kept].decode(errors="replace")


def _content(seen: Exchange, size: int, kept: int) -> Any:
    """The body of an answer: one that is no text is base64."""
    binary = _is_binary(seen.body)
    text = base64.b64encode(seen.body[:kept]).decode() if binary else _text(seen.body, kept)
    return harfile.Content(size=size, mimeType=seen.media_type, text=text, encoding="base64" if binary else None)


def _is_binary(body: bytes) -> bool:
    """Whether it is no UTF-8; the last character may be cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        return True
    return False


def _request(seen: Exchange, size: int, kept: int) -> Any:
    kind = seen.request_header("content-type") or ""
    return harfile.Request(
        method=seen.method,
        url=seen.url,
        httpVersion="HTTP/1.1",
        headers=[harfile.Record(name=name, value=value) for name, value in seen.request_headers],
        bodySize=size,
        postData=harfile.PostData(mimeType=kind, text=_text(seen.request_body, kept)) if seen.request_body else None,
    )


def _response(seen: Exchange, size: int, kept: int) -> Any:
    return harfile.Response(
        status=seen.status,
        statusText=seen.reason,
        httpVersion="HTTP/1.1",
        headers=[harfile.Record(name=name, value=value) for name, value in seen.headers],
        bodySize=size,
        content=_content(seen, size, kept),
    )
