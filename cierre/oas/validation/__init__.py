"""Requests and responses against an OpenAPI document, compiled once. Knows nothing of Connexion or of the domain."""

from cierre.oas.references import UnresolvableReference
from cierre.oas.validation.json_body import decode_json
from cierre.oas.validation.parameters import PathParameters, Source
from cierre.oas.validation.requests import RequestValidator, Validated
from cierre.oas.validation.responses import ResponseValidator
from cierre.oas.validation.schema_validator import SchemaValidator
from cierre.oas.validation.schemas import SchemaCompiler, compile_schema
from cierre.oas.validation.violations import MalformedBody, UnsupportedMediaType, Violation

__all__ = [
    "MalformedBody",
    "PathParameters",
    "RequestValidator",
    "ResponseValidator",
    "SchemaCompiler",
    "SchemaValidator",
    "Source",
    "UnresolvableReference",
    "UnsupportedMediaType",
    "Validated",
    "Violation",
    "compile_schema",
    "decode_json",
]
