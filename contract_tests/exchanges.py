"""One request and its answer as bytes on the wire, and the curl that sends it again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cierre.contract_tests.secrets import Secrets, tokens_in

# What `requests` and schemathesis add by themselves: a curl needs none of it.
_UNINTERESTING = {"content-length", "user-agent", "accept-encoding", "connection", "x-schemathesis-testcaseid"}
# A User-Agent that a test looks for afterwards: a curl must send it, too.
AGENT = "cierre-rules/"
_CONTROL = re.compile(rb"[\x00-\x1f\x7f-\xff]")


@dataclass(frozen=True)
class Exchange:
    """A request and its answer.

    Attributes:
        operation: `METHOD /path` of the contract; empty where the request is of none.
        started: seconds since the epoch.
        elapsed: seconds until the answer was there.
        request_headers, headers: pairs, in order.
    """

    operation: str
    phase: str
    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: bytes
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    started: float
    elapsed: float

    def header(self, name: str) -> str | None:
        """A field of the answer; several of one name are joined with a comma (RFC 9110, section 5.3)."""
        return _field(self.headers, name)

    def request_header(self, name: str) -> str | None:
        return _field(self.request_headers, name)

    @property
    def credentials(self) -> str:
        """Everything sent that may hold a credential."""
        named = (self.request_header(name) or "" for name in ("authorization", "cookie"))
        return " ".join([*named, self.request_body.decode("latin-1"), self.url])

    @property
    def text(self) -> str:
        """Everything sent."""
        fields = (f"{name}: {value}" for name, value in self.request_headers)
        return "\n".join([self.url, *fields, _shown(self.request_body)])

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def media_type(self) -> str:
        """The answer's media type, without parameters, in lower case; empty where there is none."""
        return (self.header("content-type") or "").split(";")[0].strip().lower()


def _field(pairs: tuple[tuple[str, str], ...], name: str) -> str | None:
    values = [value for key, value in pairs if key.lower() == name.lower()]
    return ", ".join(values) if values else None


class Chunks:
    """A body that is sent in pieces, without a Content-Length."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.pieces)

    @property
    def whole(self) -> bytes:
        return b"".join(self.pieces)


def sent_body(request: Any) -> bytes:
    """The body of a prepared request."""
    body = request.body or b""
    if isinstance(body, Chunks):
        return body.whole
    return body.encode() if isinstance(body, str) else bytes(body)


def exchange(response: Any, *, operation: str, phase: str, started: float) -> Exchange:
    """From schemathesis' `Response`, which every transport of it gives."""
    request = response.request
    return Exchange(
        operation=operation,
        phase=phase,
        method=str(request.method),
        url=str(request.url),
        request_headers=tuple((str(name), _text(value)) for name, value in request.headers.items()),
        request_body=sent_body(request),
        status=response.status_code,
        reason=response.message,
        headers=tuple((name, value) for name, values in response.headers.items() for value in values),
        body=response.content or b"",
        started=started,
        elapsed=response.elapsed,
    )


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def curl(sent: Exchange, secrets: Secrets) -> str:
    """Shell lines that repeat the request; the first ones obtain credentials as the run did."""
    return "\n".join([*secrets.preparation(sent.text), command(sent, secrets)])


def command(sent: Exchange, secrets: Secrets) -> str:
    """The curl that sends the request, once the variables of its secrets are filled."""
    parts = ["curl -i -X", sent.method, secrets.quote(sent.url)]
    for name, value in sent.request_headers:
        if name.lower() not in _UNINTERESTING or value.startswith(AGENT):
            parts += ["\\\n  -H", secrets.quote(f"{name}: {value}" if value else f"{name};")]
    if sent.request_body:
        parts += ["\\\n  --data-binary", _quote_bytes(sent.request_body, secrets)]
    return " ".join(parts)


def sequence(exchanges: Sequence[Exchange], secrets: Secrets) -> str:
    """Shell lines that send several requests again, each token of an answer kept in a variable of its own."""
    lines = secrets.preparation(*(seen.text for seen in exchanges))
    for seen in exchanges:
        try:
            tokens = list(tokens_in(json.loads(seen.body)))
        except (ValueError, RecursionError):
            tokens = []
        sent = command(seen, secrets)
        if not tokens:
            lines.append(sent)
            continue
        lines.append(f"ANSWER=$({sent.replace('curl -i', 'curl -s', 1)})")
        for _, (path, value) in tokens:
            if value in secrets.names:
                lines.append(f"{secrets.names[value]}=$(echo \"$ANSWER\" | jq -r '{path}')")
    return "\n".join(lines)


def _quote_bytes(body: bytes, secrets: Secrets) -> str:
    if not _CONTROL.search(body):
        return secrets.quote(_shown(body))
    # $'…' is the one quoting in which a shell can write any byte.
    return "".join(
        f'"${name}"' if name is not None else f"$'{_escaped(piece)}'" for piece, name in secrets.pieces(_shown(body))
    )


def _shown(body: bytes) -> str:
    """A body as text, from which `_escaped` gets every byte back."""
    return body.decode(errors="surrogateescape")


def _escaped(piece: str) -> str:
    written = piece.encode(errors="surrogateescape")
    return "".join(chr(byte) if 32 <= byte < 127 and chr(byte) not in "\\'" else f"\\x{byte:02x}" for byte in written)
