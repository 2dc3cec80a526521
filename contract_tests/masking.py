"""Requests and answers as a report may show them: every credential masked, the names and attributes around it kept.

What the run knows as a secret is replaced by the name of its shell variable; everything else that is a credential by
its place, its name or its form becomes `***`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cierre.contract_tests.credentials import Span, cookies, in_text, is_secret_field, request_cookies
from cierre.contract_tests.exchanges import Exchange
from cierre.contract_tests.secrets import Secrets

MASK = "***"
_AUTHORIZATION = frozenset({"authorization", "proxy-authorization"})
# Characters: the longest name of a scheme for Authorization, which may be sent without a credential.
_LONGEST_SCHEME = 12


def masked(seen: Exchange, secrets: Secrets) -> Exchange:
    """The exchange without a credential in its URL, its header fields and its bodies."""
    return replace(
        seen,
        url=mask_text(seen.url, secrets),
        request_headers=_fields(seen.request_headers, secrets),
        request_body=_body(seen.request_body, secrets),
        headers=_fields(seen.headers, secrets),
        body=_body(seen.body, secrets),
    )


def mask_text(text: str, secrets: Secrets) -> str:
    """A text of any syntax (JSON, a form, a URL, XML, a message) without credentials."""
    return secrets.hide(_replace(text, in_text(text), secrets))


def _body(body: bytes, secrets: Secrets) -> bytes:
    return mask_text(body.decode(errors="surrogateescape"), secrets).encode(errors="surrogateescape")


def _fields(fields: Iterable[tuple[str, str]], secrets: Secrets) -> tuple[tuple[str, str], ...]:
    return tuple((name, _field(name, value, secrets)) for name, value in fields)


def _field(name: str, value: str, secrets: Secrets) -> str:
    lower = name.lower()
    if lower == "set-cookie":
        return _replace(value, cookies(value), secrets)
    if lower == "cookie":
        return _replace(value, request_cookies(value), secrets)
    if lower in _AUTHORIZATION:
        return _authorization(value, secrets)
    if is_secret_field(name, value):
        return _mask(value, secrets)
    return mask_text(value, secrets)


def _authorization(value: str, secrets: Secrets) -> str:
    scheme, _, credentials = value.partition(" ")
    if not credentials:
        return value if value.isalpha() and len(value) <= _LONGEST_SCHEME else _mask(value, secrets)
    return f"{scheme} {_mask(credentials, secrets)}"


def _replace(text: str, spans: Iterable[Span], secrets: Secrets) -> str:
    pieces, at = [], 0
    for span in spans:
        pieces += [text[at : span.start], _mask(text[span.start : span.end], secrets)]
        at = span.end
    return "".join([*pieces, text[at:]])


def _mask(value: str, secrets: Secrets) -> str:
    if not value or value.startswith("$") or value == MASK:
        return value
    known = secrets.name_of(value.strip('"'))
    return MASK if known is None else f"${known}"
