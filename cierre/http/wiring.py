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
from cierre.oas.document import Document
from cierre.oas.errors import BrokenDocument, Problem
from cierre.oas.locations import relative
from cierre.oas.pointers import pointer
from cierre.oas.structure import Operation, body_members
from cierre.phrases import Phrase
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
        document: the contract.
    """

    path: str
    method: str
    name: str
    module: str
    parameters: list[tuple[Steps, Json]]
    node: Json
    document: Document

    def problem(self, message: Phrase, *steps: str | int) -> Problem:
        """A problem of a member of the path item, by default of the operationId."""
        return self.document.problem(pointer("paths", self.path, *(steps or (self.method, "operationId"))), message)


def check(document: Document) -> None:
    """Look for everything that would fail at the first request.

    Args:
        document: the contract of this package, with the names of its Python functions.

    Raises:
        BrokenDocument: an operation without a handler, a handler without an operation, an argument that is no
            parameter, a parameter that is no argument, a success that nothing renders. Each problem names its file
            and line.
    """
    found = [_operation(document, operation) for operation in document.operations()]
    problems = [problem for operation in found for problem in _problems(operation)]
    problems += _without_operation(document, found)
    if problems:
        raise BrokenDocument(problems)


def _operation(document: Document, operation: Operation) -> _Operation:
    path, method, node, path_item = operation
    parameters: list[tuple[Steps, Json]] = []
    for holder, steps in ((path_item, ()), (node, (method,))):
        for number, parameter in enumerate(holder.get("parameters", [])):
            parameters.append(((*steps, "parameters", number), document.resolve(parameter)))
    name, module = node.get("operationId", ""), node.get(_CONTROLLER, "")
    return _Operation(path, method, name, module, parameters, node, document)


def _problems(operation: _Operation) -> Iterator[Problem]:
    path, method, name, module, *_ = operation
    if not name or not module:
        missing = _CONTROLLER if name else "operationId"
        yield operation.problem(
            Phrase("{method} {path} has no {missing}", method=method.upper(), path=path, missing=missing), method
        )
        return
    handler = _handlers(_module(module)).get(name)
    if handler is None:
        file = module.removeprefix("cierre.").replace(".", "/")
        message = "operationId {name} has no handler: write async def {name} in {file}.py"
        yield operation.problem(Phrase(message, name=name, file=file))
        return
    if not inspect.iscoroutinefunction(handler):
        yield Problem(_line_of(handler), Phrase("{name} is awaited: write async def", name=name))
    yield from _strange_arguments(operation, handler)
    yield from _lost_parameters(operation, handler)
    try:
        access_of(operation.node, body_members(operation.document.root, operation.node))
    except ValueError as mistake:
        yield operation.problem(Phrase("{name}: {reason}", name=name, reason=mistake.args[0]))
    if path.startswith("/api/v1/") and not has_rendering(name):
        message = "the success of {name} has no rendering: add {name} to SUCCESSES in cierre/dialects/successes.py"
        yield operation.problem(Phrase(message, name=name))


def _strange_arguments(operation: _Operation, handler: Handler) -> Iterator[Problem]:
    """Arguments that nothing gives."""
    # Parameters first, each once.
    known = list(dict.fromkeys([*sources(parameter for _, parameter in operation.parameters), *PARTS]))
    for argument in inspect.signature(handler).parameters:
        if argument not in known:
            message = "{name} takes {argument}, which is no parameter; there is {known}"
            values = {"name": operation.name, "argument": argument, "known": ", ".join(known)}
            yield Problem(_line_of(handler), Phrase(message, **values))


def _lost_parameters(operation: _Operation, handler: Handler) -> Iterator[Problem]:
    """Path and query parameters that reach no argument of the handler, or not always."""
    arguments = inspect.signature(handler).parameters
    taken: dict[str, str] = {}
    for steps, parameter in operation.parameters:
        name = parameter["name"]
        argument = snake_case(name)
        values = {"name": name, "argument": argument, "operation": operation.name}
        values["other"] = taken.get(argument, "")
        problem = None
        if parameter["in"] not in PASSED:
            continue
        if argument in PARTS:
            problem = "the parameter {name} would be the argument {argument}, which is something else: rename it"
        elif parameter["in"] == "path" and not name.isidentifier():
            problem = "the parameter {name} is no identifier, as one in the path has to be: rename it"
        elif taken.setdefault(argument, name) != name:
            problem = "the parameter {name} would be the argument {argument}, as {other} is: rename one of them"
        elif argument not in arguments:
            problem = "the parameter {name} reaches no handler: {operation} takes no {argument}"
        elif _may_be_absent(parameter) and arguments[argument].default is inspect.Parameter.empty:
            problem = "the parameter {name} may be absent: give {argument} a default in {operation}, or {name} one here"
        if problem is not None:
            yield operation.problem(Phrase(problem, **values), *steps)


def _may_be_absent(parameter: Json) -> bool:
    return not parameter.get("required", False) and "default" not in parameter.get("schema", {})


def _without_operation(document: Document, found: list[_Operation]) -> Iterator[Problem]:
    handled = {(operation.module, operation.name) for operation in found}
    packages = {operation.module.rpartition(".")[0] for operation in found}
    for package in sorted(packages - {""}):
        modules = pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}.")
        for module in sorted({info.name for info in modules} - _of_security(document)):
            for name, handler in _handlers(_module(module)).items():
                if (module, name) not in handled:
                    file = f"openapi/{module.rpartition('.')[2]}/{name}.yaml"
                    message = (
                        "{name} handles no operation: write {file} and its line in openapi/openapi.yaml,"
                        " or call it _{name}"
                    )
                    yield Problem(_line_of(handler), Phrase(message, name=name, file=file))


def _of_security(document: Document) -> set[str]:
    """The modules whose functions the contract names to resolve credentials: `x-bearerInfoFunc` and the like."""
    return {
        function.rpartition(".")[0]
        for scheme in document.root.get("components", {}).get("securitySchemes", {}).values()
        for key, function in scheme.items()
        if key.startswith("x-") and key.endswith("InfoFunc")
    }


def _module(name: str) -> ModuleType | None:
    """The module; None: there is none of this name.

    Raises:
        BrokenDocument: it, or what it imports, is no Python.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if f"{name}.".startswith(f"{missing.name}."):
            return None
        raise
    except SyntaxError as mistake:
        file = relative(Path(mistake.filename or name))
        raise BrokenDocument([Problem(f"{file}:{mistake.lineno}", Phrase.of(mistake.msg))]) from mistake


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
    return f"{relative(Path(code.co_filename))}:{code.co_firstlineno}"
