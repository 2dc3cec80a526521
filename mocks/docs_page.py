"""`/__mock/docs`: Swagger UI of the document, whose requests go to the mock itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from swagger_ui_bundle import swagger_ui_path

from cierre.mocks import oauth
from cierre.mocks.json_writer import write_json
from cierre.mocks.messages import MockReply
from cierre.oas.document import Document
from cierre.oas.structure import METHODS
from cierre.oas.translating import contract_texts, translated
from cierre.server.protection import PROTECTION

_HTML, _SCRIPT = b"text/html; charset=utf-8", b"text/javascript; charset=utf-8"
_ASSETS = {
    "swagger-ui.css": b"text/css; charset=utf-8",
    "swagger-ui-bundle.js": _SCRIPT,
    "swagger-ui-standalone-preset.js": _SCRIPT,
    "favicon-32x32.png": b"image/png",
}
# More operations than this are shown folded by tag: Swagger UI draws each one that it lists.
_MOST_LISTED = 100
# Scripts and data are the mock's own; Swagger UI writes styles into the page.
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    b"connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>cierre mock</title>
<link rel="icon" href="{at}/favicon-32x32.png">
<link rel="stylesheet" href="{at}/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="{at}/swagger-ui-bundle.js"></script>
<script src="{at}/swagger-ui-standalone-preset.js"></script>
<script src="{at}/start.js"></script>
</body>
</html>
"""
# Of our own contract, which has its texts in Spanish.
_IN_SPANISH = "openapi.es.json"
# Where the mock's authorization sends the browser back to.
_BACK = "oauth2-redirect.html"
_BACK_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>cierre mock</title>
</head>
<body>
<script src="{at}/oauth2-redirect.js"></script>
</body>
</html>
"""


def docs_page(document: Document, at: str, path: str, base: str = "") -> MockReply | None:
    """The page, or a part of it; None where there is no such part.

    Args:
        document: that the mock answers from.
        at: the path of the page, without a slash at its end.
        path: of the request; it begins with `at`.
        base: what the paths of requests to the mock begin with.
    """
    name = path.removeprefix(at).strip("/")
    if name in _ASSETS:
        return _reply((Path(str(swagger_ui_path)) / name).read_bytes(), _ASSETS[name])
    parts: dict[str, tuple[bytes, Callable[[], str]]] = {
        "": (_HTML, lambda: _PAGE.format(at=at)),
        "start.js": (_SCRIPT, lambda: _start(document, at)),
        "openapi.json": (b"application/json", lambda: write_json(aimed_at_the_mock(document, at, base)).decode()),
        _IN_SPANISH: (b"application/json", lambda: write_json(_in_spanish(document, at, base)).decode()),
        _BACK: (_HTML, lambda: _BACK_PAGE.format(at=at)),
        "oauth2-redirect.js": (_SCRIPT, lambda: _script_of(_BACK)),
    }
    if name not in parts or (name == _IN_SPANISH and not _is_ours(document)):
        return None
    media_type, text = parts[name]
    return _reply(text().encode(), media_type)


def _reply(body: bytes, media_type: bytes) -> MockReply:
    policy = (b"content-security-policy", _POLICY)
    fields = [(b"content-type", media_type), (b"content-length", b"%d" % len(body)), *PROTECTION, policy]
    return MockReply(200, fields, body, "the page of the document")


def _start(document: Document, at: str) -> str:
    is_long = sum(1 for _ in document.operations()) > _MOST_LISTED
    options: dict[str, Any] = {
        "url": f"{at}/openapi.json",
        "dom_id": "#swagger-ui",
        "deepLinking": True,
        "displayRequestDuration": True,
        "persistAuthorization": True,
        "tryItOutEnabled": True,
        "validatorUrl": None,
        # The schemas wait below the operations, closed.
        "defaultModelsExpandDepth": 0,
        "docExpansion": "none" if is_long else "list",
    }
    bar = "{}"
    if _is_ours(document):
        # The bar of Swagger UI's standalone layout is where it lets one choose.
        named = [{"url": options.pop("url"), "name": "English"}, {"url": f"{at}/{_IN_SPANISH}", "name": "Español"}]
        options |= {"urls": named, "layout": "StandaloneLayout"}
        first = "navigator.language.startsWith('es') ? 'Español' : 'English'"
        bar = f"{{presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset], 'urls.primaryName': {first}}}"
    back = f"{{oauth2RedirectUrl: location.origin + {json.dumps(f'{at}/{_BACK}')}}}"
    # Any will do: one click on "Authorize" is enough.
    client = json.dumps({"clientId": "mock", "clientSecret": "mock"})
    return f"SwaggerUIBundle(Object.assign({json.dumps(options)}, {bar}, {back})).initOAuth({client});\n"


def _script_of(name: str) -> str:
    """The script of a page that Swagger UI has; the policy of ours allows none that stands in the page itself."""
    page = (Path(str(swagger_ui_path)) / name).read_text(encoding="utf-8")
    return page.partition("<script>")[2].partition("</script>")[0]


def _is_ours(document: Document) -> bool:
    return "x-cierre-unrouted" in document.root


def _in_spanish(document: Document, at: str, base: str) -> dict[str, Any]:
    return translated(aimed_at_the_mock(document, at, base), contract_texts("es"))


def aimed_at_the_mock(document: Document, at: str, base: str) -> dict[str, Any]:
    """The document as its page reads it: the mock is the one server, and the version is one that Swagger UI 4 shows.

    Args:
        document: that the mock answers from.
        at: the path of its page.
        base: what the paths of requests begin with.
    """
    tokens = partial(oauth.aimed_at_the_mock, root=at.rpartition("/__mock/")[0])
    root = {**document.root, "servers": [{"url": base or "/"}]}
    if document.version != "3.0":
        root["openapi"] = "3.0.3"
    if isinstance(root.get("paths"), Mapping):
        root["paths"] = {path: _without_servers(item) for path, item in root["paths"].items()}
    components = root.get("components")
    if isinstance(components, Mapping):
        aimed: dict[str, Any] = dict(components)
        for section, change in (("pathItems", _without_servers), ("securitySchemes", tokens)):
            if isinstance(components.get(section), Mapping):
                aimed[section] = {name: change(document.resolve(item)) for name, item in components[section].items()}
        root["components"] = aimed
    return root


def _without_servers(item: Any) -> Any:
    if not isinstance(item, Mapping):
        return item
    return {key: _without_servers(node) if key in METHODS else node for key, node in item.items() if key != "servers"}
