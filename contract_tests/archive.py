"""Traffic as an HTTP Archive, for tools that replay it: of a run, and of a mock."""

from __future__ import annotations

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


def archive_of(exchanges: Iterable[Exchange], secrets: Secrets) -> str:
    """HTTP Archive 1.2; credentials are masked."""
    output = io.StringIO()
    with harfile.HarFile.open(output) as archive:
        for exchange in exchanges:
            seen = masked(exchange, secrets)
            archive.add_entry(
                startedDateTime=datetime.fromtimestamp(seen.started, tz=UTC).isoformat(),
                time=round(seen.elapsed * 1000, 2),
                request=_request(seen, len(exchange.request_body)),
                response=_response(seen, len(exchange.body)),
                timings=harfile.Timings(send=0, wait=round(seen.elapsed * 1000, 2), receive=0),
                comment=f"{seen.phase}: {seen.operation}" if seen.phase else seen.operation,
            )
    return output.getvalue()


def _kept(body: bytes) -> str:
    """What an archive keeps of a body; `bodySize` is the length of all of it."""
    return body[:KEPT].decode(errors="replace")


def _request(seen: Exchange, size: int) -> Any:
    kind = seen.request_header("content-type") or ""
    return harfile.Request(
        method=seen.method,
        url=seen.url,
        httpVersion="HTTP/1.1",
        headers=[harfile.Record(name=name, value=value) for name, value in seen.request_headers],
        bodySize=size,
        postData=harfile.PostData(mimeType=kind, text=_kept(seen.request_body)) if seen.request_body else None,
    )


def _response(seen: Exchange, size: int) -> Any:
    return harfile.Response(
        status=seen.status,
        statusText=seen.reason,
        httpVersion="HTTP/1.1",
        headers=[harfile.Record(name=name, value=value) for name, value in seen.headers],
        bodySize=size,
        content=harfile.Content(size=size, mimeType=seen.media_type, text=_kept(seen.body)),
    )
