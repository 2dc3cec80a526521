"""XML from JSON values, named and nested as OpenAPI's `xml` objects say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from cierre.mocks.documents import Document
from cierre.oas.validation.coercion import items_of, properties_of


def write_xml(value: Any, schema: Any, document: Document) -> bytes:
    """An XML text with its declaration, in UTF-8.

    The root element is named by `xml.name`, otherwise by the schema's name, otherwise `root`.

    Args:
        value: a JSON value.
        schema: of the value; its `xml` objects name and nest the elements.
        document: that the schema's references are resolved in.
    """
    xml = _xml_object(schema, document)
    name = xml.get("name") or _schema_name(schema) or "root"
    root = ET.Element(_qualified(name, xml))
    if xml.get("namespace"):
        root.set(f"xmlns:{xml['prefix']}" if xml.get("prefix") else "xmlns", str(xml["namespace"]))
    _fill(root, value, schema, document)
    text: bytes = ET.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + text


def _schema_name(schema: Any) -> str:
    ref = schema.get("$ref") if isinstance(schema, Mapping) else None
    return ref.rpartition("/")[2] if isinstance(ref, str) else ""


def _xml_object(schema: Any, document: Document) -> Mapping[str, Any]:
    return document.mapping(document.mapping(schema).get("xml"))


def _qualified(name: str, xml: Mapping[str, Any]) -> str:
    return f"{xml['prefix']}:{name}" if xml.get("prefix") else name


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _fill(element: ET.Element, value: Any, schema: Any, document: Document) -> None:
    if isinstance(value, Mapping):
        properties = properties_of(schema, document.root)
        for name, item in value.items():
            _member(element, str(name), item, properties.get(name, {}), document)
    elif isinstance(value, list):
        item_schema = items_of(schema, document.root)
        name = _xml_object(item_schema, document).get("name") or _schema_name(item_schema) or "item"
        for item in value:
            _fill(ET.SubElement(element, str(name)), item, item_schema, document)
    else:
        element.text = _text(value)


def _member(element: ET.Element, name: str, value: Any, schema: Any, document: Document) -> None:
    xml = _xml_object(schema, document)
    written = _qualified(str(xml.get("name") or name), xml)
    if xml.get("attribute"):
        element.set(written, _text(value))
    elif isinstance(value, list):
        item_schema = items_of(schema, document.root)
        parent = ET.SubElement(element, written) if xml.get("wrapped") else element
        item_name = str(_xml_object(item_schema, document).get("name") or (name if parent is not element else written))
        for item in value:
            _fill(ET.SubElement(parent, item_name), item, item_schema, document)
    else:
        _fill(ET.SubElement(element, written), value, schema, document)
