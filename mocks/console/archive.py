"""The last requests as an HTTP Archive, for browsers, other tools, and `cierre mock --examples`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote_plus, urljoin

from cierre.contract_tests.credentials import in_text, is_secret_field
from cierre.contract_tests.exchanges import Exchange
from cierre.contract_tests.masking import MASK, masked
from cierre.contract_tests.secrets import Secrets
from cierre.extras import named_when_missing
from cierre.mocks.console.asked import text_reply
from cierre.mocks.console.calls import BODY, Call
from cierre.mocks.messages import MockReply
from cierre.oas.document import Document

# Characters of a credential that is looked for elsewhere in its exchange: a shorter one is a word of many texts.
_SHORTEST = 4
# Characters of all credentials of a request: the time to look for them grows with it. Of a request with more, only
# its method, names and status are shown.
_MOST = 4096
_AUTHORIZATION = frozenset({"authorization", "proxy-authorization"})


class _Keys(NamedTuple):
    """The names, in lower case, under which a document wants API keys."""

    fields: frozenset[str]
    parameters: frozenset[str]


def archive(calls: Iterable[Call], document: Document) -> MockReply:
    """An answer with the requests; credentials are masked, also where a violation repeats them.

    Args:
        calls: oldest first.
        document: whose security schemes say what else is a credential.

    Raises:
        ExtraNotInstalled: the library that writes archives is missing.
    """
    with named_when_missing("scenarios"):
        from cierre.contract_tests.archive import archive_of  # noqa: PLC0415 - only an extra brings it
    keys = _keys(document)
    body = archive_of((_hidden(_exchange(call), keys) for call in calls), Secrets(), kept=BODY).encode()
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


def _keys(document: Document) -> _Keys:
    schemes = document.mapping(document.mapping(document.root.get("components")).get("securitySchemes"))
    named = [
        (scheme.get("in"), str(scheme.get("name", "")).lower())
        for scheme in map(document.mapping, schemes.values())
        if scheme.get("type") == "apiKey"
    ]
    of = {place: frozenset(name for where, name in named if where == place) for place in ("header", "query")}
    return _Keys(of["header"], of["query"])


def _hidden(seen: Exchange, keys: _Keys) -> Exchange:
    """The exchange without credentials, and without what repeats those of its request."""
    values = {value for value in _credentials(seen, keys) if len(value) >= _SHORTEST and value != MASK}
    plain = masked(seen, Secrets())
    if not values:
        return plain
    too_many = sum(map(len, values)) > _MOST
    longest_first = [] if too_many else sorted(values, key=len, reverse=True)
    # Neither a part of a word nor the name of a member.
    pattern = re.compile(rf'(?<!\w)(?:{"|".join(map(re.escape, longest_first))})(?!\w)(?!"\s*:)')

    def hide(text: str) -> str:
        return MASK if too_many else pattern.sub(MASK, text)

    def fields(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple((name, hide(value)) for name, value in pairs)

    def body(raw: bytes) -> bytes:
        return hide(raw.decode(errors="surrogateescape")).encode(errors="surrogateescape")

    return replace(
        plain,
        url=urljoin(plain.url, f"/{MASK}") if too_many else hide(plain.url),
        request_headers=fields(plain.request_headers),
        request_body=body(plain.request_body),
        headers=fields(plain.headers),
        body=body(plain.body),
    )


def _credentials(seen: Exchange, keys: _Keys) -> Iterator[str]:
    """What the request proves itself with, as it is written and as it is meant."""
    for name, value in seen.request_headers:
        lower = name.lower()
        if lower in _AUTHORIZATION:
            yield value.partition(" ")[2] or value
        elif lower in keys.fields or is_secret_field(name, value):
            yield value
    for name, value in parse_qsl(seen.url.partition("?")[2]):
        if name.lower() in keys.parameters:
            yield value
    for text in (seen.url, seen.request_body.decode(errors="replace")):
        for span in in_text(text):
            written = text[span.start : span.end]
            yield written
            yield unquote_plus(written)
            if "\\" in written:
                try:
                    yield str(json.loads(f'"{written}"'))
                except ValueError:
                    continue
