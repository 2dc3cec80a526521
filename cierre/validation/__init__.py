"""Requests and responses against an OpenAPI document, compiled once. Knows nothing of Connexion or of the domain."""

from cierre.validation.json_body import decode_json
from cierre.validation.requests import RequestValidator, Validated
from cierre.validation.responses import ResponseValidator
from cierre.validation.schemas import SchemaCompiler, SchemaValidator, compile_schema
from cierre.validation.violations import (
    MalformedBody,
    UnresolvableReference,
    UnsupportedMediaType,
    Violation,
)

__all__ = [
    "MalformedBody",
    "RequestValidator",
    "ResponseValidator",
    "SchemaCompiler",
    "SchemaValidator",
    "UnresolvableReference",
    "UnsupportedMediaType",
    "Validated",
    "Violation",
    "compile_schema",
    "decode_json",
]
