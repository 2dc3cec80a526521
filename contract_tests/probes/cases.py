"""A well-formed request of an operation, from the examples of the contract."""

from __future__ import annotations

from typing import Any

from schemathesis.generation.case import Case
from schemathesis.specs.openapi.schemas import OpenApiSchema

from cierre.contract_tests.auth.presenting import credentials_for
from cierre.contract_tests.documents import Document, Operation, find
from cierre.contract_tests.run import Run


def well_formed(run: Run, schema: OpenApiSchema, operation: Operation) -> Case[Any]:
    """A well-formed case of the operation, with its credentials."""
    values: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
    target = schema[operation.path][operation.method.upper()]
    for parameter in target.iter_parameters():
        if parameter.is_required or parameter.location.value == "path":
            values[parameter.location.value][parameter.name] = example(parameter.definition)
    kinds = find(run.document, *operation.steps, "requestBody", "content") or {}
    body = {}
    if kinds:
        kind = next(iter(kinds))
        body = {
            "body": example(find(run.document, *operation.steps, "requestBody", "content", kind)),
            "media_type": kind,
        }
    case: Case[Any] = target.Case(
        path_parameters=values["path"],
        query=values["query"],
        headers=values["header"],
        cookies=values["cookie"],
        **body,
    )
    credentials = credentials_for(run.document, operation, run.contract.entries, run.logins)
    if credentials is not None:
        case._auth = credentials  # noqa: SLF001 - what schemathesis' own providers set
    return case


def example(definition: Document) -> Any:
    """The first example of a parameter or media type, or something of its schema's type."""
    if "example" in definition:
        return definition["example"]
    for shown in (definition.get("examples") or {}).values():
        if "value" in shown:
            return shown["value"]
    schema = definition.get("schema") or {}
    if "example" in schema or "default" in schema or schema.get("enum"):
        return schema.get("example", schema.get("default", (schema.get("enum") or [None])[0]))
    return {"string": "x", "integer": 1, "number": 1.0, "boolean": True, "array": []}.get(schema.get("type", ""), {})
