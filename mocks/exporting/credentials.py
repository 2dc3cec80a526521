"""What the security schemes of a document ask of a collection: variables, and where they stand in a request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cierre.mocks.exporting.model import NO_AUTH, Auth, Field
from cierre.oas.document import Document
from cierre.oas.structure import Operation

# In the order in which one is taken; OpenAPI's names → Postman's.
_GRANTS = {
    "authorizationCode": "authorization_code",
    "clientCredentials": "client_credentials",
    "password": "password_credentials",
    "implicit": "implicit",
}


class Credentials:
    """Of one document.

    Args:
        document: with `components.securitySchemes`.

    Attributes:
        variables: the names of those that were asked for so far.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._schemes = document.mapping(document.mapping(document.root.get("components")).get("securitySchemes"))
        self.variables: dict[str, None] = {}

    def of(self, operation: Operation) -> tuple[Auth, list[tuple[str, Field]]]:
        """How a request is authorised, by the first alternative of its requirements.

        Returns:
            The scheme that programs know by themselves, and for the others their places (`header`, `query` or
            `cookie`) and fields.
        """
        found = list(self._alternative(operation))
        known = [one for one in found if one.place != "cookie"]
        first = known[0] if known else NO_AUTH
        # What goes into the field Authorization is there once.
        rest = [one for one in found if one is not first and one.kind == "apikey"]
        return first, [(one.place, Field(one.key, f"{{{{{one.variables[0]}}}}}")) for one in rest]

    def _alternative(self, operation: Operation) -> Iterator[Auth]:
        wanted = operation.node.get("security", self._document.root.get("security"))
        first = wanted[0] if isinstance(wanted, list) and wanted else {}
        for name in first if isinstance(first, Mapping) else ():
            auth = self._auth(str(name), self._document.mapping(self._schemes.get(name)))
            if auth is not None:
                self.variables |= dict.fromkeys(auth.variables)
                yield auth

    def _auth(self, name: str, scheme: Mapping[str, Any]) -> Auth | None:
        variable = re.sub(r"[^\w-]+", "_", name, flags=re.ASCII).strip("_") or "credential"
        kind, http = scheme.get("type"), str(scheme.get("scheme", "")).lower()
        if kind == "apiKey" and scheme.get("in") in {"header", "query", "cookie"}:
            return Auth("apikey", (variable,), str(scheme.get("name", "")), str(scheme["in"]))
        if kind == "http" and http in {"basic", "digest"}:
            return Auth(http, (f"{variable}_username", f"{variable}_password"))
        if kind == "oauth2":
            return Auth("oauth2", (variable,), settings=tuple(self._settings(variable, scheme)))
        if kind == "openIdConnect" or (kind == "http" and http == "bearer"):
            return Auth("bearer", (variable,))
        if kind == "http" and http:
            # The variable has the name of its scheme as well.
            return Auth("apikey", (variable,), "Authorization", "header")
        return None

    def _settings(self, variable: str, scheme: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        flows = self._document.mapping(scheme.get("flows"))
        name = next((one for one in _GRANTS if one in flows), None)
        if name is None:
            return
        flow = self._document.mapping(flows[name])
        yield "grant_type", _GRANTS[name]
        for member, setting in (("authorizationUrl", "authUrl"), ("tokenUrl", "accessTokenUrl")):
            if isinstance(flow.get(member), str):
                url = str(flow[member])
                yield setting, f"{{{{baseUrl}}}}{url}" if url.startswith("/") else url
        for setting in ("clientId", "clientSecret"):
            self.variables[f"{variable}_{setting}"] = None
            yield setting, f"{{{{{variable}_{setting}}}}}"
        yield "scope", " ".join(map(str, self._document.mapping(flow.get("scopes"))))
