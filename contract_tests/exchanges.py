"""One request and its answer as bytes on the wire, and the curl that sends it again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cierre.contract_tests.credentials import request_cookies
from cierre.contract_tests.secrets import LEARNED, Secrets, paths_in

# What `requests` and schemathesis add by themselves: a curl needs none of it.
_UNINTERESTING = {"content-length", "user-agent", "accept-encoding", "connection", "x-schemathesis-testcaseid"}
# A User-Agent that a test looks for afterwards: a curl must send it, too.
AGENT = "cierre-rules/"
# Characters of a curl, and bytes of a body in it; what is longer stands in a file beside the report.
LONGEST, LONGEST_BODY = 2000, 1000
# The status of an exchange without an answer, as HTTP Archive has it.
NO_ANSWER = 0
_CONTROL = re.compile(rb"[\x00-\x1f\x7f-\xff]")


@dataclass(frozen=True)
class Exchange:
    """A request and its answer.

    Attributes:
        operation: `METHOD /path` of the contract; empty where the request is of none.
        started: seconds since the epoch.
        elapsed: seconds until the answer was there.
        status: NO_ANSWER where none came; `reason` says why.
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
    return Exchange(
        **_sent(response.request),
        operation=operation,
        phase=phase,
        status=response.status_code,
        reason=response.message,
        headers=tuple((name, value) for name, values in response.headers.items() for value in values),
        body=response.content or b"",
        started=started,
        elapsed=response.elapsed,
    )


def unanswered(request: Any, *, operation: str, phase: str, reason: str, started: float, elapsed: float) -> Exchange:
    """Of a prepared request that got no answer; `reason` says why."""
    return Exchange(
        **_sent(request),
        operation=operation,
        phase=phase,
        status=NO_ANSWER,
        reason=reason,
        headers=(),
        body=b"",
        started=started,
        elapsed=elapsed,
    )


def _sent(request: Any) -> dict[str, Any]:
    return {
        "method": str(request.method),
        "url": str(request.url),
        "request_headers": tuple((str(name), _text(value)) for name, value in request.headers.items()),
        "request_body": sent_body(request),
    }


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def curl(sent: Exchange, secrets: Secrets) -> str:
    """Shell lines that repeat the request; the first ones obtain credentials as the run did."""
    return "\n".join([*secrets.preparation(sent.text), command(sent, secrets)])


def command(sent: Exchange, secrets: Secrets) -> str:
    """The curl that sends the request, once the variables of its secrets are filled; a long one is in a file.

    See `files`, which has what it reads.
    """
    written = _command(sent, secrets)
    return written if len(written) <= LONGEST else f". ./{_name(sent, written)}"


def files(*exchanges: Exchange, secrets: Secrets) -> dict[str, bytes]:
    """What the curls of `exchanges` read: name → content."""
    found: dict[str, bytes] = {}
    for sent in exchanges:
        if _in_file(sent, secrets):
            found[_body_name(sent)] = sent.request_body
        written = _command(sent, secrets)
        if len(written) > LONGEST:
            found[_name(sent, written)] = f"{written}\n".encode(errors="surrogateescape")
    return found


def _in_file(sent: Exchange, secrets: Secrets) -> bool:
    """Whether curl reads the body from a file: it is long, and a shell need not put secrets into it."""
    return len(sent.request_body) > LONGEST_BODY and not secrets.used_in(_shown(sent.request_body))


def _body_name(sent: Exchange) -> str:
    return f"request-{hashlib.sha256(sent.request_body).hexdigest()[:12]}.bin"


def _name(sent: Exchange, written: str) -> str:
    digest = hashlib.sha256(written.encode(errors="surrogateescape") + sent.request_body).hexdigest()
    return f"request-{digest[:12]}.sh"


def _command(sent: Exchange, secrets: Secrets) -> str:
    parts = ["curl -i -X", sent.method, secrets.quote(sent.url)]
    for name, value in sent.request_headers:
        if name.lower() not in _UNINTERESTING or value.startswith(AGENT):
            parts += ["\\\n  -H", _quote_field(name, value, secrets)]
    if _in_file(sent, secrets):
        parts += ["\\\n  --data-binary", f"@{_body_name(sent)}"]
    elif sent.request_body:
        parts += ["\\\n  --data-binary", _quote_bytes(sent.request_body, secrets)]
    return " ".join(parts)


def _quote_field(name: str, value: str, secrets: Secrets) -> str:
    if not value:
        return secrets.quote(f"{name};")
    pieces = list(_pieces(name, value, secrets))
    if all(variable is None for _, variable in pieces):
        return secrets.quote(f"{name}: {value}")
    return secrets.quote(f"{name}: ") + "".join(
        secrets.quote(piece) if variable is None else f'"${variable}"' for piece, variable in pieces
    )


def _pieces(name: str, value: str, secrets: Secrets) -> Iterator[tuple[str, str | None]]:
    """A field in pieces; a credential that is too short to be looked for in any text comes with its variable."""
    at = 0
    if name.lower() == "cookie":
        for one in request_cookies(value):
            variable = secrets.name_of(value[one.start : one.end])
            if variable is not None:
                yield value[at : one.start], None
                yield value[one.start : one.end], variable
                at = one.end
    elif name.lower() == "authorization":
        scheme, space, credentials = value.partition(" ")
        variable = secrets.name_of(credentials)
        if variable is not None:
            yield scheme + space, None
            yield credentials, variable
            at = len(value)
    if at < len(value):
        yield value[at:], None


def sequence(exchanges: Sequence[Exchange], secrets: Secrets) -> str:
    """Shell lines that send several requests again, each token of an answer kept in a variable of its own."""
    lines = [line for line in secrets.preparation(*(seen.text for seen in exchanges)) if line != LEARNED]
    for at, seen in enumerate(exchanges):
        later = set(secrets.used_in(*(following.text for following in exchanges[at + 1 :])))
        kept = [(path, value) for path, value in _members(seen) if value in later]
        sent = command(seen, secrets)
        if not kept:
            lines.append(sent)
            continue
        lines.append(f"ANSWER=$({sent.replace('curl -i', 'curl -s', 1)})")
        for path, value in kept:
            lines.append(f"{secrets.names[value]}=$(echo \"$ANSWER\" | jq -r '{path}')")
    return "\n".join(lines)


def _members(seen: Exchange) -> Iterator[tuple[str, str]]:
    """The texts in a JSON answer: jq path and value."""
    try:
        yield from paths_in(json.loads(seen.body))
    except (ValueError, RecursionError):
        return


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
