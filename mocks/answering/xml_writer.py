"""XML from JSON values, named and nested as OpenAPI's `xml` objects say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from cierre.oas.document import Document
from cierre.oas.validation.coercion import items_of, properties_of
from cierre.oas.validation.xml_body import node_type_of

_Declared = frozenset[tuple[str, str]]
_OUTSIDE_OF_NAMES = re.compile(r"[^\w.\-:]")
_BEGINS_NAMES = re.compile(r"[^\W\d]")
# XML 1.0, section 2.2.
_OUTSIDE_OF_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_xml(value: Any, schema: Any, document: Document) -> bytes:
    """An XML text with its declaration, in UTF-8.

    The root element is named by `xml.name`, otherwise by the schema's name, otherwise `root`.

    Args:
        value: a JSON value.
        schema: of the value; its `xml` objects name and nest the elements.
        document: that the schema's references are resolved in.
    """
    xml = _xml_object(schema, document)
    root = ET.Element(_qualified(xml.get("name") or _schema_name(schema) or "root", xml))
    _Writer(document).element(root, value, schema, xml, frozenset())
    text: bytes = ET.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + text


def _schema_name(schema: Any) -> str:
    ref = schema.get("$ref") if isinstance(schema, Mapping) else None
    return ref.rpartition("/")[2] if isinstance(ref, str) else ""


def _xml_object(schema: Any, document: Document) -> Mapping[str, Any]:
    return document.mapping(document.mapping(schema).get("xml"))


def _qualified(name: Any, xml: Mapping[str, Any]) -> str:
    written = _OUTSIDE_OF_NAMES.sub("_", str(name)) or "_"
    if not _BEGINS_NAMES.match(written):
        written = f"_{written}"
    return f"{_prefix(xml)}:{written}" if _prefix(xml) else written


def _prefix(xml: Mapping[str, Any]) -> str:
    prefix = _OUTSIDE_OF_NAMES.sub("_", str(xml.get("prefix") or "")).replace(":", "_")
    return prefix if _BEGINS_NAMES.match(prefix) else ""


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else _OUTSIDE_OF_XML.sub("", str(value))


class _Writer:
    """Fills elements. `declared` are the prefixes, with their namespaces, that an element's parents declare."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def element(
        self, element: ET.Element, value: Any, schema: Any, xml: Mapping[str, Any], declared: _Declared
    ) -> None:
        """Declare the namespace of an element, and write the value into it."""
        declared = _declare(element, xml, declared)
        if isinstance(value, Mapping):
            properties = properties_of(schema, self._document.root)
            for name, item in value.items():
                self._member(element, str(name), item, properties.get(name, {}), declared)
        elif isinstance(value, list):
            self._items(element, value, schema, "item", declared)
        else:
            element.text = _text(value)

    def _member(self, element: ET.Element, name: str, value: Any, schema: Any, declared: _Declared) -> None:
        xml = _xml_object(schema, self._document)
        written = _qualified(xml.get("name") or name, xml)
        node_type = node_type_of(xml, is_list=isinstance(value, list))
        if node_type == "attribute":
            _declare(element, xml, declared)
            element.set(written, _text(value))
        elif node_type in {"text", "cdata"}:
            # What is escaped reads the same as a CDATA section.
            element.text = _text(value)
        elif not isinstance(value, list):
            self.element(ET.SubElement(element, written), value, schema, xml, declared)
        elif node_type == "element":
            parent = ET.SubElement(element, written)
            self._items(parent, value, schema, name, _declare(parent, xml, declared))
        else:
            self._items(element, value, schema, xml.get("name") or name, declared, own=xml)

    def _items(
        self,
        parent: ET.Element,
        items: list[Any],
        schema: Any,
        name: str,
        declared: _Declared,
        own: Mapping[str, Any] | None = None,
    ) -> None:
        """One element an item. The items of a list that is not wrapped have its own prefix where they have none."""
        item_schema = items_of(schema, self._document.root)
        xml = _xml_object(item_schema, self._document)
        if not xml.get("prefix") and not xml.get("name") and own:
            xml = own
        named = xml.get("name") or (_schema_name(item_schema) if name == "item" else "") or name
        for item in items:
            self.element(ET.SubElement(parent, _qualified(named, xml)), item, item_schema, xml, declared)


def _declare(element: ET.Element, xml: Mapping[str, Any], declared: _Declared) -> _Declared:
    """Write the declaration of a namespace on the element, unless a parent has it."""
    prefix, namespace = _prefix(xml), xml.get("namespace")
    if prefix and not namespace:
        if any(prefix == known for known, _ in declared):
            return declared
        # A prefix without a namespace is no XML that a parser takes: the document names none, so one is made up.
        namespace = f"urn:{prefix}"
    if not isinstance(namespace, str) or (prefix, namespace) in declared:
        return declared
    element.set(f"xmlns:{prefix}" if prefix else "xmlns", _text(namespace))
    return frozenset({item for item in declared if item[0] != prefix} | {(prefix, namespace)})
