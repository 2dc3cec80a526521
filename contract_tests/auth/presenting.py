"""Putting credentials, and live values in place of examples, on a request when it is sent."""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import quote
from uuid import uuid4

import requests
from requests.auth import AuthBase

from cierre.contract_tests.auth.file import Entry
from cierre.contract_tests.auth.logins import Logins
from cierre.contract_tests.exchanges import sent_body
from cierre.oas.navigation import Json, find, security
from cierre.oas.structure import Operation

# Above this, what makes a header field unique might make it too long.
LONGEST_KEY = 200


class Credentials(AuthBase):
    """One entry's credentials for an operation: put on the request when it is sent, not before.

    Args:
        scheme: the security scheme object; None puts in live values only.
    """

    def __init__(self, logins: Logins, entry: Entry, scheme: Json | None) -> None:
        self.logins, self.entry, self.scheme = logins, entry, scheme

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.scheme is not None:
            self._authorize(request, self.scheme)
        self._put_in_live_values(request)
        return request

    def _authorize(self, request: requests.PreparedRequest, scheme: Json) -> None:
        if scheme.get("type") != "apiKey":
            request.headers["Authorization"] = f"{self._keyword()} {self._value()}"
        elif scheme["in"] == "header":
            request.headers[scheme["name"]] = self._value()
        elif scheme["in"] == "query":
            request.prepare_url(str(request.url), {scheme["name"]: self._value()})
        else:
            sent = str(request.headers.get("Cookie", ""))
            request.headers["Cookie"] = "; ".join(filter(None, [sent, f"{scheme['name']}={self._value()}"]))

    def _put_in_live_values(self, request: requests.PreparedRequest) -> None:
        """Replace the contract's example values by real ones, encoded as the place wants it."""
        body = sent_body(request).decode(errors="surrogateescape")
        in_json = "json" in str(request.headers.get("Content-Type", ""))
        cookie = str(request.headers.get("Cookie", ""))
        url = str(request.url)
        for name in self.entry.unique:
            value = str(request.headers.get(name, ""))
            # A value that is empty or too long is a test of just that.
            if 0 < len(value) <= LONGEST_KEY:
                request.headers[name] = f"{value}-{uuid4().hex[:12]}"
        for shown in self.entry.live:
            written = quote(shown, safe="")
            if shown in body or written in body or shown in cookie or written in url:
                real = self._real(shown)
                encoded = json.dumps(real)[1:-1] if in_json else quote(real, safe="")
                body = body.replace(shown, encoded).replace(written, encoded)
                cookie, url = cookie.replace(shown, real), url.replace(written, quote(real, safe=""))
                request.prepare_body(body.encode(errors="surrogateescape") or None, None)
                request.url = url
                if cookie:
                    request.headers["Cookie"] = cookie

    def _real(self, shown: str) -> str:
        value = self.entry.live[shown]
        if not value.startswith("/"):
            return value
        found = find(self.logins.current(self.entry).answer, *value.strip("/").split("/"))
        return str(found if found is not None else shown)

    def _keyword(self) -> str:
        return "Basic" if self.entry.username is not None else "Bearer"

    def _value(self) -> str:
        if self.entry.username is not None:
            return self.logins.secrets.basic(self.entry.username, self.entry.password or "")
        if self.entry.path is not None:
            return self.logins.current(self.entry).token
        return self.entry.value or ""


def credentials_for(
    document: Json, operation: Operation, entries: Iterable[Entry], logins: Logins
) -> Credentials | None:
    """The credentials of the first entry that fits `operation`; None where none does."""
    names = [name for alternative in security(document, operation) for name in alternative]
    for entry in entries:
        if entry.fits(document, operation):
            scheme = find(document, "components", "securitySchemes", entry.scheme or names[0]) if names else None
            # A document may leave out that credentials are wanted; an entry with a username says that they are.
            scheme = {"type": "http"} if scheme is None and entry.username is not None else scheme
            return Credentials(logins, entry, scheme)
    return None
