"""XML bodies as OpenAPI's `xml` objects describe them (name, attribute, wrapped), read into JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from cierre.oas.references import resolve
from cierre.oas.validation.coercion import additional_of, from_text, items_of, properties_of, types_of
from cierre.oas.validation.json_body import MAX_DEPTH
from cierre.oas.validation.violations import MalformedBody


def read_xml(body: bytes, schema: Any, document: Any) -> Any:
    """The value of an XML text. Names are compared without their namespaces.

    Raises:
        MalformedBody: it is not well-formed, or declares a document type (entities are never expanded).
    """
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise MalformedBody("document type declarations are not accepted")
    try:
        root = ET.fromstring(body, ET.XMLParser(target=_Shallow()))  # noqa: S314 - without a DTD nothing is expanded
    except ET.ParseError as error:
        raise MalformedBody(f"not XML: {error}") from None
    return _value(root, schema, document)


class _Shallow(ET.TreeBuilder):
    """Builds no tree that is deeper than a body of JSON may be, and none of a document type, in any encoding."""

    _level = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> ET.Element:
        self._level += 1
        if self._level > MAX_DEPTH:
            raise MalformedBody(f"nested more than {MAX_DEPTH} levels deep")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ET.Element:
        self._level -= 1
        return super().end(tag)

    def doctype(self, _name: str, _public: str, _system: str) -> None:
        raise MalformedBody("document type declarations are not accepted")


def node_type_of(hints: Mapping[str, Any], *, is_list: bool) -> str:
    """`nodeType` (OpenAPI 3.2, section 4.26), which `attribute` and `wrapped` said before.

    Args:
        hints: the `xml` object.
        is_list: whether its schema is an array: that has no node of its own unless one is asked for.
    """
    if isinstance(hints.get("nodeType"), str):
        return str(hints["nodeType"])
    if hints.get("attribute"):
        return "attribute"
    return "none" if is_list and not hints.get("wrapped") else "element"


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _value(element: ET.Element, schema: Any, document: Any) -> Any:
    types = types_of(schema, document)
    if "array" in types:
        return [_value(child, items_of(schema, document), document) for child in element]
    if "object" in types or (not types and len(element)):
        value = _object(element, properties_of(schema, document), additional_of(schema, document), document)
        # A text where an object is due is no object without members, unless a member is the text.
        return from_text(element.text or "", types) if not value and _is_text(element) else value
    return from_text(element.text or "", types)


def _is_text(element: ET.Element) -> bool:
    """Whether it holds text and nothing else."""
    return len(element) == 0 and not element.attrib and bool((element.text or "").strip())


def _object(element: ET.Element, properties: Mapping[str, Any], additional: Any, document: Any) -> dict[str, Any]:
    value: dict[str, Any] = {}
    known = {"": ""}
    for name, schema in properties.items():
        hints = _hints(schema, document)
        written = hints.get("name", name)
        types = types_of(schema, document)
        node_type = node_type_of(hints, is_list="array" in types)
        if node_type in {"text", "cdata"}:
            value[name] = from_text(element.text or "", types)
            continue
        known[written] = name
        if node_type == "attribute":
            if written in element.attrib:
                value[name] = from_text(element.attrib[written], types)
            continue
        if node_type == "none" and "array" in types:
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
