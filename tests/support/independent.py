"""An answer held to its document by a validator that is none of ours: openapi-schema-validator, upon jsonschema."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from jsonschema import FormatChecker
from openapi_schema_validator import OAS30ReadValidator, OAS31Validator, oas30_format_checker, oas31_format_checker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from cierre.oas.document import Document
from cierre.oas.navigation import find, pointer
from cierre.oas.structure import Operation

_BASE = "urn:document"
NOT_JUDGED = "not judged"


def _formats(known: FormatChecker) -> FormatChecker:
    """All but `time`: the check of both is that of JSON Schema's third draft, which refuses RFC 3339's offset.

    And `uri`, which they lack: a `oneOf` tells texts apart by it.
    """
    checker = FormatChecker(())
    checker.checkers = {name: check for name, check in known.checkers.items() if name != "time"}
    checker.checks("uri")(lambda value: not isinstance(value, str) or urlsplit(value).scheme != "")
    return checker


_FORMATS_30, _FORMATS_31 = _formats(oas30_format_checker), _formats(oas31_format_checker)


@lru_cache(maxsize=1)
def _registry(document: Document) -> Any:
    return Registry().with_resource(_BASE, Resource(contents=document.root, specification=DRAFT202012))


def problems(document: Document, operation: Operation, status: int, headers: dict[str, str], body: bytes) -> list[str]:
    """What is wrong with status, media type and, where that is JSON, the body.

    What begins with `NOT_JUDGED` says that the validator cannot use the schema.
    """
    responses = document.mapping(operation.node.get("responses"))
    if not responses:
        return []
    key = next((key for key in (str(status), f"{status // 100}XX", "default") if key in responses), None)
    if key is None:
        return [f"status {status} is not documented"]
    steps = (*operation.steps, "responses", key, "content")
    content = find(dict(document.root), *steps) or {}
    if not content or not body:
        return []
    essence = headers.get("content-type", "").partition(";")[0].strip().lower()
    named = next((name for name in content if name.partition(";")[0].strip().lower() == essence), None)
    ranged = next((name for name in content if name in {"*/*", "*", f"{essence.partition('/')[0]}/*"}), None)
    written = named or ranged
    if written is None:
        return [f"Content-Type {essence} is not documented"]
    if not (essence.endswith(("/json", "+json")) and find(dict(document.root), *steps, written, "schema") is not None):
        return []
    return _broken(document, pointer(dict(document.root), *steps, written, "schema"), body)


def _broken(document: Document, where: str, body: bytes) -> list[str]:
    kind, formats = OAS31Validator, _FORMATS_31
    if document.version == "3.0":
        kind, formats = OAS30ReadValidator, _FORMATS_30
    validator = kind({"$ref": f"{_BASE}{where}"}, registry=_registry(document), format_checker=formats)
    try:
        value = json.loads(body)
        errors = list(validator.iter_errors(value))
        # A discriminator whose value names no schema.
        lost = [error.message for error in errors if error.message.endswith("could not be resolved")]
        if lost:
            return [f"{NOT_JUDGED}: {_shortened(lost[0])}"]
        return [f"{error.json_path}: {_shortened(error.message)}" for error in errors]
    except ValueError as mistake:
        return [f"not JSON: {mistake}"]
    except Exception as failure:  # noqa: BLE001 - patterns of another dialect, references to nothing
        return [f"{NOT_JUDGED}: {failure!r}"[:200]]


def _shortened(message: str, longest: int = 200) -> str:
    """Its beginning and its end: jsonschema begins with the value."""
    return message if len(message) <= longest else f"{message[: longest // 2]} … {message[-longest // 2 :]}"
