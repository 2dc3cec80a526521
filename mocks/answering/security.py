"""Credentials: whether they are sent and well-formed. What they allow is up to a backend."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from cierre.oas.document import Document
from cierre.oas.structure import Operation

_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/|:=-]+\Z")


class CredentialsRefused(NamedTuple):
    """The reason to refuse a request for its credentials.

    Attributes:
        missing: none were sent; otherwise they are malformed, of another scheme, or not the accepted token.
        message: what is wrong.
        challenges: for WWW-Authenticate.
    """

    missing: bool
    message: str
    challenges: list[str]


class _Scheme(NamedTuple):
    name: str
    kind: str
    location: str
    key: str
    challenge: str

    @property
    def place(self) -> tuple[str, str]:
        """What of a request holds the credential."""
        return self.location, self.key.lower() if self.location == "header" else self.key


class Security:
    """The security requirements of one operation: any of the alternatives, all schemes of each.

    Args:
        document: with `components.securitySchemes` and the default requirements.
        operation: its own requirements replace the default ones.
        token: the one credential to accept; None accepts any that is well-formed.
    """

    def __init__(self, document: Document, operation: Operation, token: str | None) -> None:
        self._token = token
        requirements = operation.node.get("security", document.root.get("security"))
        schemes = document.mapping(document.mapping(document.root.get("components")).get("securitySchemes"))
        self._alternatives = [
            [_scheme(str(name), document.mapping(schemes.get(name))) for name in alternative]
            for alternative in (requirements if isinstance(requirements, list) else [])
            if isinstance(alternative, Mapping)
        ]
        # What of a request holds the credentials of each: of several schemes in one field, one is enough.
        self._places = [{scheme.place for scheme in schemes} for schemes in self._alternatives]
        self._open = not self._alternatives
        every = [scheme for schemes in self._alternatives for scheme in schemes]
        self._http = {scheme.kind for scheme in every}
        # An API key in `Authorization` is of any form.
        self._any_form = any(scheme.kind == "apiKey" and scheme.key.lower() == "authorization" for scheme in every)

    def check(self, headers: Mapping[str, str], query: bytes) -> CredentialsRefused | None:
        """The reason to refuse the request; None where there is none.

        A credential that is not accepted is refused even where the document would allow the request without any:
        the developer of the client should see the mistake.

        Args:
            headers: of the request, names in lower case.
            query: the raw query string.
        """
        if self._open:
            return None
        found = [[self._check_scheme(scheme, headers, query) for scheme in schemes] for schemes in self._alternatives]
        problems = [problem for problems in found for problem in problems if problem]
        # An alternative that requires nothing is met, too; a refused credential never falls through to it.
        if not problems and any(map(_is_met, self._alternatives, self._places, found)):
            return None
        challenges = list(dict.fromkeys(scheme.challenge for schemes in self._alternatives for scheme in schemes))
        if problems:
            return CredentialsRefused(missing=False, message=problems[0], challenges=challenges)
        names = ", or ".join(" and ".join(scheme.name for scheme in schemes) for schemes in self._alternatives)
        return CredentialsRefused(missing=True, message=f"credentials are required: {names}", challenges=challenges)

    def _check_scheme(self, scheme: _Scheme, headers: Mapping[str, str], query: bytes) -> str | None:
        """None where no credential was sent, "" where it is accepted, otherwise what is wrong with it."""
        if scheme.kind == "transport":
            return ""
        if scheme.kind == "apiKey":
            key = _api_key(scheme, headers, query)
            return None if not key else self._compare_key(key, scheme)
        authorization = headers.get("authorization")
        return None if authorization is None else self._credential(authorization, scheme)

    def _credential(self, authorization: str, scheme: _Scheme) -> str | None:
        name, _, credential = authorization.partition(" ")
        credential = credential.strip()
        if name.lower() != scheme.kind and (name.lower() in self._http or self._any_form):
            return None  # for another alternative
        if name.lower() != scheme.kind:
            return f"{scheme.name} requires the scheme {scheme.kind.capitalize()}, not {name[:20]}"
        if not credential:
            return f"{scheme.name}: nothing follows {name}"
        if scheme.kind == "basic":
            return self._basic(credential, scheme)
        if scheme.kind == "bearer" and not _TOKEN68.match(credential):
            return f"{scheme.name}: this is not a token"
        return self._compare(credential, scheme)

    def _basic(self, credential: str, scheme: _Scheme) -> str:
        try:
            plain = base64.b64decode(credential, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return f"{scheme.name}: not base64 of user:password"
        if ":" not in plain:
            return f"{scheme.name}: not base64 of user:password"
        return "" if self._compare(plain, scheme) == "" else self._compare(credential, scheme)

    def _compare_key(self, key: str, scheme: _Scheme) -> str:
        """Documents call what is `Bearer TOKEN` an API key in `Authorization`, too."""
        _, _, token = key.partition(" ") if scheme.key.lower() == "authorization" else ("", "", "")
        return self._compare(token, scheme) and self._compare(key, scheme) if token else self._compare(key, scheme)

    def _compare(self, credential: str, scheme: _Scheme) -> str:
        if self._token is None or hmac.compare_digest(credential.encode(), self._token.encode()):
            return ""
        return f"{scheme.name}: not the token that this mock accepts"


def _is_met(schemes: list[_Scheme], places: set[tuple[str, str]], found: list[str | None]) -> bool:
    """Whether all schemes of an alternative were accepted; of those in one field, which holds one credential, one."""
    if None not in found:
        return True
    return {scheme.place for scheme, problem in zip(schemes, found, strict=True) if problem == ""} == places


def _api_key(scheme: _Scheme, headers: Mapping[str, str], query: bytes) -> str | None:
    if scheme.location == "query":
        return dict(parse_qsl(query.decode("latin-1"))).get(scheme.key)
    if scheme.location == "cookie":
        pairs = (piece.strip().partition("=") for piece in headers.get("cookie", "").split(";"))
        return next((value for name, _, value in pairs if name == scheme.key), None)
    return headers.get(scheme.key.lower())


def _scheme(name: str, node: Mapping[str, Any]) -> _Scheme:
    """A security scheme of the document; one that it names but does not define requires nothing that can be checked."""
    kind = str(node.get("type", ""))
    if kind == "http":
        scheme = str(node.get("scheme", "bearer")).lower()
        realm = f'{scheme.capitalize()} realm="mock"'
        return _Scheme(name, scheme, "header", "Authorization", realm)
    if kind in {"oauth2", "openIdConnect"}:
        return _Scheme(name, "bearer", "header", "Authorization", 'Bearer realm="mock"')
    if kind == "apiKey":
        location, key = str(node.get("in", "header")), str(node.get("name", ""))
        # An API key has no registered scheme; without a challenge a 401 would break RFC 9110, section 11.6.1.
        return _Scheme(name, "apiKey", location, key, f'ApiKey realm="mock", in="{location}", name="{key}"')
    return _Scheme(name, "transport", "", "", 'Mutual realm="mock"')
