"""The pages of the service: the contract at /openapi.json and /openapi.yaml, in Spanish at /openapi.es.json and
/openapi.es.yaml; its page in both languages at /ui, first in the one that the browser prefers; `/` leads to the page.
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from typing import Any, Literal, NamedTuple

import orjson
from connexion.middleware.swagger_ui import SwaggerUIMiddleware
from connexion.options import SwaggerUIOptions
from connexion.spec import Specification
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cierre.dialects import negotiation
from cierre.http.published import published
from cierre.http.request import REQUEST, Request
from cierre.http.stored import Fields, Stored
from cierre.oas.translating import Language
from cierre.oas.writing import text
from cierre.server.protection import NO_PAGE, PROTECTION

_INLINE_SCRIPT = re.compile(rb"<script>([^<]*)</script>")
_CONFIG = {
    "displayRequestDuration": True,
    "persistAuthorization": True,
    "tryItOutEnabled": True,
    "validatorUrl": None,
    # The schemas wait below the operations, closed.
    "defaultModelsExpandDepth": 0,
}
_BY_LANGUAGE = (b"vary", b"Accept-Language")
Format = Literal["json", "yaml"]
_DOCUMENTS: dict[str, tuple[Format, Language]] = {
    "/openapi.json": ("json", "en"),
    "/openapi.yaml": ("yaml", "en"),
    "/openapi.es.json": ("json", "es"),
    "/openapi.es.yaml": ("yaml", "es"),
}
# What the page offers to choose from; it begins with the first.
_NAMED: dict[Language, list[dict[str, str]]] = {
    "en": [{"url": "/openapi.json", "name": "English"}, {"url": "/openapi.es.json", "name": "Español"}],
    "es": [{"url": "/openapi.es.json", "name": "Español"}, {"url": "/openapi.json", "name": "English"}],
}


class _Shown(NamedTuple):
    """What the text of the document depends on."""

    form: Format
    language: Language
    address: str
    demo: bool


class Pages:
    """Answers from texts that are made once: Connexion makes them anew for each request, which takes seconds.

    Args:
        document: the contract, as the service reads it.
        unrouted: answers what is no page.
    """

    def __init__(self, document: dict[str, Any], unrouted: ASGIApp) -> None:
        self._document = document
        self._texts: dict[_Shown, Stored] = {}
        # The page asks us for the document: of it Connexion wants to know the version and where the paths begin.
        stub = {name: document[name] for name in ("openapi", "info")} | {"paths": {}}
        self._uis: dict[Language, SwaggerUIMiddleware] = {}
        for language, named in _NAMED.items():
            self._uis[language] = SwaggerUIMiddleware(unrouted)
            options = SwaggerUIOptions(swagger_ui_config=_CONFIG, swagger_ui_template_arguments={"urls": named})
            # Connexion changes what it is given.
            self._uis[language].add_api(Specification.load(dict(stub)), swagger_ui_options=options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["method"] in {"GET", "HEAD"} else None
        if path in _DOCUMENTS:
            request: Request = scope[REQUEST]
            await self._send_document(request, *_DOCUMENTS[path], send)
        elif path == "/":
            await _respond(send, 302, [(b"location", b"/ui/"), (b"content-length", b"0")], b"")
        elif path == "/ui/":
            request = scope[REQUEST]
            language = negotiation.language(request.headers.get("accept-language", ""), "en")
            await self._uis[language](scope, receive, _Guarded(send, _BY_LANGUAGE))
        else:
            await self._uis["en"](scope, receive, _Guarded(send))

    async def _send_document(self, request: Request, form: Format, language: Language, send: Send) -> None:
        settings = request.services.settings
        shown = _Shown(form, language, settings.issuer, settings.demo)
        stored = self._texts.get(shown)
        if stored is None:
            # At the first request: to write YAML takes a quarter of a second.
            stored = self._texts[shown] = self._stored(shown)
        headers = request.headers
        status, fields, body = stored.answer(headers.get("accept-encoding", ""), headers.get("if-none-match", ""))
        await _respond(send, status, fields, b"" if request.method == "HEAD" else body)

    def _stored(self, shown: _Shown) -> Stored:
        document = published(self._document, address=shown.address, filled_in=shown.demo, language=shown.language)
        if shown.form == "json":
            return Stored("application/json", orjson.dumps(document))
        return Stored("text/yaml; charset=utf-8", text(document, "yaml").encode())


async def _respond(send: Send, status: int, fields: Fields, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [*fields, *NO_PAGE]})
    await send({"type": "http.response.body", "body": body})


class _Guarded:
    """`send` of an answer with the fields that protect a page, and others; its scripts are known by their hashes."""

    def __init__(self, send: Send, *fields: tuple[bytes, bytes]) -> None:
        self._send = send
        self._fields = fields
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        if self._start is not None:
            start, self._start = self._start, None
            policy = (b"content-security-policy", self._policy(message.get("body", b"")))
            await self._send({**start, "headers": [*start["headers"], *PROTECTION, policy, *self._fields]})
        await self._send(message)

    def _policy(self, body: bytes) -> bytes:
        hashes = (f"'sha256-{b64encode(sha256(script).digest()).decode()}'" for script in _INLINE_SCRIPT.findall(body))
        directives = [
            "default-src 'none'",
            " ".join(("script-src 'self'", *hashes)),
            # Swagger UI writes styles into the page.
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
        return "; ".join(directives).encode()
