"""Requests and responses against an OpenAPI document, compiled once. Knows nothing of Connexion or of the domain."""

from cierre.oas.validation.json_body import decode_json
from cierre.oas.validation.requests import RequestValidator, Validated
from cierre.oas.validation.responses import ResponseValidator
from cierre.oas.validation.schemas import SchemaCompiler, SchemaValidator, compile_schema
from cierre.oas.validation.violations import MalformedBody, UnresolvableReference, UnsupportedMediaType, Violation

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
