"""Contract, handlers and renderings fit together: what does not is told at start, each in one line with its place."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from cierre.http.answers import has_rendering
from cierre.http.arguments import PARTS, PASSED, Handler, snake_case, sources
from cierre.oas import ContractError
from cierre.oas.places import place, shown
from cierre.oas.structure import operations, resolved
from cierre.principal import access_of

Json = dict[str, Any]
Steps = tuple[str | int, ...]
_CONTROLLER = "x-openapi-router-controller"


class _Operation(NamedTuple):
    """An operation of the contract, and who handles it.

    Attributes:
        name: the operationId.
        module: of the handler.
        parameters: each with the steps from the path item to it.
        node: the operation object.
    """

    path: str
    method: str
    name: str
    module: str
    parameters: list[tuple[Steps, Json]]
    node: Json

    @property
    def place(self) -> str:
        return place(self.path, self.method, "operationId")


def check(document: Json) -> None:
    """Look for everything that would fail at the first request.

    Args:
        document: the contract of this package, with the names of its Python functions.

    Raises:
        ContractError: an operation without a handler, a handler without an operation, an argument that is no parameter,
            a parameter that is no argument, a success that nothing renders. Each problem names its file and line.
    """
    found = [_operation(document, *one) for one in operations(document)]
    problems = [problem for operation in found for problem in _problems(operation)]
    problems += _without_operation(document, found)
    if problems:
        raise ContractError(problems)


def _operation(document: Json, path: str, method: str, node: Json) -> _Operation:
    parameters: list[tuple[Steps, Json]] = []
    for holder, steps in ((document["paths"][path], ()), (node, (method,))):
        for number, parameter in enumerate(holder.get("parameters", [])):
            parameters.append(((*steps, "parameters", number), resolved(document, parameter)))
    return _Operation(path, method, node.get("operationId", ""), node.get(_CONTROLLER, ""), parameters, node)


def _problems(operation: _Operation) -> Iterator[str]:
    path, method, name, module, *_ = operation
    if not name or not module:
        yield f"{place(path, method)}: {method.upper()} {path} has no {_CONTROLLER if name else 'operationId'}"
        return
    handler = _handlers(_module(module)).get(name)
    if handler is None:
        file = module.removeprefix("cierre.").replace(".", "/")
        yield f"{operation.place}: operationId {name} has no handler: write async def {name} in {file}.py"
        return
    if not inspect.iscoroutinefunction(handler):
        yield f"{_line_of(handler)}: {name} is awaited: write async def"
    yield from _strange_arguments(operation, handler)
    yield from _lost_parameters(operation, handler)
    try:
        access_of(operation.node)
    except ValueError as mistake:
        yield f"{operation.place}: {name}: {mistake}"
    if path.startswith("/api/v1/") and not has_rendering(name):
        table = "SUCCESSES in cierre/dialects/successes.py"
        yield f"{operation.place}: the success of {name} has no rendering: add {name} to {table}"


def _strange_arguments(operation: _Operation, handler: Handler) -> Iterator[str]:
    """Arguments that nothing gives."""
    # Parameters first, each once.
    known = list(dict.fromkeys([*sources(parameter for _, parameter in operation.parameters), *PARTS]))
    for argument in inspect.signature(handler).parameters:
        if argument not in known:
            offered = ", ".join(known)
            yield f"{_line_of(handler)}: {operation.name} takes {argument}, which is no parameter; there is {offered}"


def _lost_parameters(operation: _Operation, handler: Handler) -> Iterator[str]:
    """Path and query parameters that reach no argument of the handler, or not always."""
    arguments = inspect.signature(handler).parameters
    taken: dict[str, str] = {}
    for steps, parameter in operation.parameters:
        name = parameter["name"]
        argument = snake_case(name)
        problem = None
        if parameter["in"] not in PASSED:
            continue
        if argument in PARTS:
            problem = f"would be the argument {argument}, which is something else: rename it"
        elif parameter["in"] == "path" and not name.isidentifier():
            problem = "is no identifier, as one in the path has to be: rename it"
        elif taken.setdefault(argument, name) != name:
            problem = f"would be the argument {argument}, as {taken[argument]} is: rename one of them"
        elif argument not in arguments:
            problem = f"reaches no handler: {operation.name} takes no {argument}"
        elif _may_be_absent(parameter) and arguments[argument].default is inspect.Parameter.empty:
            problem = f"may be absent: give {argument} a default in {operation.name}, or {name} one here"
        if problem is not None:
            yield f"{place(operation.path, *steps)}: the parameter {name} {problem}"


def _may_be_absent(parameter: Json) -> bool:
    return not parameter.get("required", False) and "default" not in parameter.get("schema", {})


def _without_operation(document: Json, found: list[_Operation]) -> Iterator[str]:
    handled = {(operation.module, operation.name) for operation in found}
    packages = {operation.module.rpartition(".")[0] for operation in found}
    for package in sorted(packages - {""}):
        modules = pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}.")
        for module in sorted({info.name for info in modules} - _of_security(document)):
            for name, handler in _handlers(_module(module)).items():
                if (module, name) not in handled:
                    file = f"openapi/{module.rpartition('.')[2]}/{name}.yaml"
                    advice = f"write {file} and its line in openapi/openapi.yaml, or call it _{name}"
                    yield f"{_line_of(handler)}: {name} handles no operation: {advice}"


def _of_security(document: Json) -> set[str]:
    """The modules whose functions the contract names to resolve credentials: `x-bearerInfoFunc` and the like."""
    return {
        function.rpartition(".")[0]
        for scheme in document.get("components", {}).get("securitySchemes", {}).values()
        for key, function in scheme.items()
        if key.startswith("x-") and key.endswith("InfoFunc")
    }


def _module(name: str) -> ModuleType | None:
    """The module; None: there is none of this name.

    Raises:
        ContractError: it, or what it imports, is no Python.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if f"{name}.".startswith(f"{missing.name}."):
            return None
        raise
    except SyntaxError as mistake:
        file = shown(Path(mistake.filename or name))
        raise ContractError([f"{file}:{mistake.lineno}: {mistake.msg}"]) from mistake


def _handlers(module: ModuleType | None) -> dict[str, Handler]:
    """The public functions that a module defines."""
    if module is None:
        return {}
    return {
        name: function
        for name, function in vars(module).items()
        if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_")
    }


def _line_of(handler: Handler) -> str:
    code = inspect.unwrap(handler).__code__
    return f"{shown(Path(code.co_filename))}:{code.co_firstlineno}"
