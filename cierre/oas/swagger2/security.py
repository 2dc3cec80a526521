"""Security definitions, and the addresses of the servers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
_FLOWS = {
    "implicit": "implicit",
    "password": "password",
    "application": "clientCredentials",
    "accessCode": "authorizationCode",
}
_OF_FLOWS = frozenset({"flow", "authorizationUrl", "tokenUrl", "scopes"})


def security_scheme(node: Any) -> Any:
    """A security scheme as OpenAPI 3.0 has it; what is not understood stays as it is."""
    if not isinstance(node, Mapping):
        return node
    if node.get("type") == "basic":
        return {**node, "type": "http", "scheme": "basic"}
    flow = _FLOWS.get(str(node.get("flow")))
    if node.get("type") != "oauth2" or flow is None:
        return dict(node)
    described = {key: node[key] for key in ("authorizationUrl", "tokenUrl") if key in node}
    rest = {key: value for key, value in node.items() if key not in _OF_FLOWS}
    return {**rest, "flows": {flow: {**described, "scopes": node.get("scopes") or {}}}}


def servers(root: Mapping[str, Any], schemes: Any = None) -> list[Json]:
    """`host`, `basePath` and `schemes` as servers; none where neither a host nor a base path is written.

    Args:
        root: the document.
        schemes: of one operation, in the place of the document's.
    """
    base = root.get("basePath")
    path = "/" + base.strip("/") if isinstance(base, str) else ""
    host = root.get("host")
    if not isinstance(host, str) or not host:
        return [{"url": path}] if path else []
    named = schemes if isinstance(schemes, list) else root.get("schemes")
    # Without schemes it is the one by which the document came (Swagger 2.0, "schemes").
    starts = [f"{scheme}://" for scheme in named] if isinstance(named, list) and named else ["//"]
    return [{"url": f"{start}{host}{path.rstrip('/')}"} for start in starts]
