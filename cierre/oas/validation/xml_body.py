"""XML bodies as OpenAPI's `xml` objects describe them (name, attribute, wrapped), read into JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from cierre.oas.validation.coercion import additional_of, from_text, items_of, properties_of, types_of
from cierre.oas.validation.references import resolve
from cierre.oas.validation.violations import MalformedBody


def read_xml(body: bytes, schema: Any, document: Any) -> Any:
    """The value of an XML text. Names are compared without their namespaces.

    Raises:
        MalformedBody: it is not well-formed, or declares a document type (entities are never expanded).
    """
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise MalformedBody("document type declarations are not accepted")
    try:
        root = ET.fromstring(body)  # noqa: S314 - without a DTD there is nothing to expand
    except ET.ParseError as error:
        raise MalformedBody(f"not XML: {error}") from None
    return _value(root, schema, document)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _value(element: ET.Element, schema: Any, document: Any) -> Any:
    types = types_of(schema, document)
    if "array" in types:
        return [_value(child, items_of(schema, document), document) for child in element]
    if "object" in types or (not types and len(element)):
        return _object(element, properties_of(schema, document), additional_of(schema, document), document)
    return from_text(element.text or "", types)


def _object(element: ET.Element, properties: Mapping[str, Any], additional: Any, document: Any) -> dict[str, Any]:
    value: dict[str, Any] = {}
    known = {"": ""}
    for name, schema in properties.items():
        hints = _hints(schema, document)
        written = hints.get("name", name)
        known[written] = name
        if hints.get("attribute"):
            if written in element.attrib:
                value[name] = from_text(element.attrib[written], types_of(schema, document))
            continue
        if "array" in types_of(schema, document) and not hints.get("wrapped"):
            item = items_of(schema, document)
            written = _hints(item, document).get("name", written)
            known[written] = name
            found = [_value(child, item, document) for child in element if _local(child.tag) == written]
            if found:
                value[name] = found
            continue
        child = next((child for child in element if _local(child.tag) == written), None)
        if child is not None:
            value[name] = _value(child, schema, document)
    for child in element:
        if _local(child.tag) not in known:
            value.setdefault(_local(child.tag), _value(child, additional, document))
    return value


def _hints(schema: Any, document: Any) -> Mapping[str, Any]:
    target = resolve(document, schema)
    hints = target.get("xml") if isinstance(target, Mapping) else None
    return hints if isinstance(hints, Mapping) else {}
