"""Connexion's routes and layers, with the way of each operation through them fixed at start."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from connexion.frameworks.starlette import starlettify_path
from connexion.middleware.abstract import RoutedMiddleware
from connexion.middleware.routing import RoutingAPI, RoutingMiddleware, RoutingOperation
from connexion.operations import AbstractOperation
from connexion.spec import Specification
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send


class Paths(RoutingAPI):
    """Connexion's routes, by which a path parameter is any text: what it must be is for validation to say (400)."""

    @staticmethod
    def _framework_path_and_name(_operation: AbstractOperation, path: str) -> tuple[str, str]:
        text = starlettify_path(path)
        return text, text


class Routing(RoutingMiddleware):
    """Connexion's, for the paths of the contract alone: `/logout/` is none of them.

    Starlette would send such a request on, token and all, to `http://` and whatever its Host says. It compares a
    path with one regular expression after the other; once `fix_ways` has said where operations begin, a path without
    parameters is looked up instead, and the few with parameters are compared with theirs alone.
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self._ids: dict[tuple[str, str], str] = {}
        self._templates: dict[str, list[tuple[re.Pattern[str], str]]] = {}
        self._operations: dict[str, ASGIApp] = {}

    def add_api(self, specification: Specification, base_path: str | None = None, **kwargs: Any) -> None:
        api = Paths(specification, base_path=base_path, next_app=self.app, **kwargs)
        api.router.redirect_slashes = False
        mount = Mount(api.base_path, app=api.router)
        for route in (mount, *api.router.routes):
            # A line break is a character of a path like any other: `.` takes it, and none is left over at the end.
            route.path_regex = re.compile(route.path_regex.pattern.removesuffix("$") + r"\Z", re.DOTALL)
        self.router.routes.append(mount)
        for route in api.router.routes:
            assert isinstance(route, Route)
            assert isinstance(route.endpoint, RoutingOperation)
            assert route.endpoint.operation_id is not None
            # Starlette adds HEAD to GET; it goes the long way, which is rarely asked for.
            (method,) = (route.methods or set()) - {"HEAD"}
            if route.param_convertors:
                whole = re.compile(re.escape(api.base_path) + route.path_regex.pattern.removeprefix("^"), re.DOTALL)
                self._templates.setdefault(method, []).append((whole, route.endpoint.operation_id))
            else:
                self._ids[method, api.base_path + route.path] = route.endpoint.operation_id

    def begin_at(self, operations: dict[str, ASGIApp]) -> None:
        """Call these directly, by Connexion's operation ids."""
        self._operations = operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        operation_id = None if scope["type"] != "http" or scope.get("root_path") else self._find(scope)
        if operation_id is None:
            await super().__call__(scope, receive, send)
        else:
            await self._operations[operation_id](scope, receive, send)

    def _find(self, scope: Scope) -> str | None:
        """The operation of a path and method; None: there is none, or Starlette has to say it."""
        method, path = scope["method"], scope["path"]
        operation_id = self._ids.get((method, path))
        if operation_id is not None:
            return operation_id
        for template, of_template in self._templates.get(method, ()):
            if found := template.match(path):
                scope["path_params"] = found.groupdict()
                return of_template
        return None


def fix_ways(layers: Sequence[ASGIApp]) -> None:
    """Let each operation of a layer call its like in the next one, which Connexion looks up with each request.

    Args:
        layers: Connexion's stack once it is built, the outermost first; of one API.
    """
    found = [_operations(layer) for layer in layers if isinstance(layer, RoutedMiddleware)]
    for operations, following in pairwise(found):
        for operation_id, operation in operations.items():
            operation.next_app = following[operation_id]
    for layer in layers:
        if isinstance(layer, Routing):
            layer.begin_at(found[0])


def _operations(layer: RoutedMiddleware[Any]) -> dict[str, Any]:
    return {name: one for apis in layer.apis.values() for api in apis for name, one in api.operations.items()}
