"""The last requests as an HTTP Archive, for browsers, other tools, and `cierre mock --examples`."""

from __future__ import annotations

from collections.abc import Iterable

from cierre.contract_tests.exchanges import Exchange
from cierre.contract_tests.secrets import Secrets
from cierre.extras import named_when_missing
from cierre.mocks.console.asked import text_reply
from cierre.mocks.console.calls import Call
from cierre.mocks.messages import MockReply


def archive(calls: Iterable[Call]) -> MockReply:
    """An answer with the requests; credentials are masked.

    Args:
        calls: oldest first.

    Raises:
        ExtraNotInstalled: the library that writes archives is missing.
    """
    with named_when_missing("scenarios"):
        from cierre.contract_tests.archive import archive_of  # noqa: PLC0415 - only an extra brings it
    body = archive_of(map(_exchange, calls), Secrets()).encode()
    return text_reply(body, (b"content-disposition", b'attachment; filename="calls.har"'))


def _exchange(call: Call) -> Exchange:
    return Exchange(
        operation=call.operation or "",
        phase="",
        method=call.request.method,
        url=call.request.url,
        request_headers=tuple(call.request.headers.items()),
        request_body=call.request.body,
        status=call.status,
        reason="",
        headers=tuple((name.decode("latin-1"), text.decode("latin-1")) for name, text in call.headers),
        body=call.body,
        started=call.at,
        elapsed=call.seconds,
    )
