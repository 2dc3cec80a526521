"""A well-formed request of an operation, from the examples of the contract."""

from __future__ import annotations

from random import Random
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.core import NOT_SET
from schemathesis.generation.case import Case
from schemathesis.specs.openapi.schemas import OpenApiSchema

from cierre.contract_tests.auth.presenting import credentials_for
from cierre.contract_tests.places import CONTAINERS
from cierre.contract_tests.run import Run
from cierre.oas.navigation import Json, find
from cierre.oas.structure import Operation


def generated(run: Run, schema: OpenApiSchema, operation: Operation) -> Case[Any] | None:
    """A valid case, for what has no example; None where everything has one, or none can be generated."""
    target = schema[operation.path][operation.method.upper()]
    kinds = find(run.document, *operation.steps, "requestBody", "content") or {}
    sent = [one.definition for one in target.iter_parameters() if _is_sent(one)]
    if all(map(_has_example, [*sent, *kinds.values()])):
        return None
    wants_body = bool(target.body)
    chosen = settings(
        max_examples=50,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    try:
        case: Case[Any] = hypothesis.find(
            target.as_strategy(),
            lambda one: not wants_body or one.body is not NOT_SET,
            settings=chosen,
            random=Random(run.options.seed),
        )
    except Exception:  # noqa: BLE001 - Hypothesis and schemathesis have many ways to say that a schema is no use
        return None
    return case


def valid_body(document: Json, operation: Operation, kind: str, sample: Case[Any] | None) -> Any:
    """A body of the operation: its example, what was generated, or something of the schema's type."""
    definition = find(document, *operation.steps, "requestBody", "content", kind) or {}
    if not _has_example(definition) and sample is not None and sample.media_type == kind:
        return sample.body
    return example(definition)


def well_formed(run: Run, schema: OpenApiSchema, operation: Operation, sample: Case[Any] | None = None) -> Case[Any]:
    """A well-formed case of the operation, with its credentials.

    Args:
        sample: a generated case: what has no example is taken from it.
    """
    values: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
    target = schema[operation.path][operation.method.upper()]
    for parameter in target.iter_parameters():
        if _is_sent(parameter):
            place, name = parameter.location.value, parameter.name
            made = getattr(sample, CONTAINERS[place], None) or {}
            shown = _has_example(parameter.definition) or name not in made
            values[place][name] = example(parameter.definition) if shown else made[name]
    kinds = find(run.document, *operation.steps, "requestBody", "content") or {}
    body = {}
    if kinds:
        kind = "application/json" if "application/json" in kinds else next(iter(kinds))
        body = {
            "body": valid_body(run.document, operation, kind, sample),
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


def _is_sent(parameter: Any) -> bool:
    """Whether a well-formed case has this parameter, one of schemathesis' own."""
    return bool(parameter.is_required) or parameter.location.value == "path"


def _has_example(definition: Json) -> bool:
    schema = definition.get("schema") or {}
    return any("value" in shown for shown in (definition.get("examples") or {}).values()) or (
        "example" in definition or bool({"example", "default", "enum"} & schema.keys())
    )


def example(definition: Json) -> Any:
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
