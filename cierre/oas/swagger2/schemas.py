"""Schema objects, and the items of parameters and headers, which are schemas by another name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cierre.oas.references import resolved
from cierre.oas.structure import VALUE, kind_of_member

Json = dict[str, Any]
# What a parameter or a header has beside its value's description.
_NOT_OF_THE_VALUE = frozenset(
    {
        "name",
        "in",
        "description",
        "required",
        "allowEmptyValue",
        "collectionFormat",
        "type",
        "items",
        "example",
        "schema",
    }
)
_NULLABLE = ("x-nullable", "x-isnullable")
_VALUE_NAMES = ("x-discriminator-value", "x-ms-discriminator-value")


class Schemas:
    """Converts schemas of one document.

    Attributes:
        references: every copied object that has a `$ref`; it still names its target as Swagger 2.0 does.
    """

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._mappings = _discriminator_values(root)
        self.references: list[Json] = []

    def convert(self, schema: Any, name: str = "") -> Any:
        """A copy of a schema as OpenAPI 3.0 has it.

        Args:
            schema: as Swagger 2.0 has it.
            name: of the definition, "" where it is none.
        """
        if isinstance(schema, list):
            return [self.convert(item) for item in schema]
        if not isinstance(schema, Mapping):
            return schema
        copy = {str(key): self._member(key, value) for key, value in schema.items()}
        _name_binary(copy)
        if isinstance(schema.get("discriminator"), str):
            copy["discriminator"] = {"propertyName": schema["discriminator"]}
            if name in self._mappings:
                copy["discriminator"]["mapping"] = self._mappings[name]
        return self.nullable(copy)

    def _member(self, key: str, value: Any) -> Any:
        kind = kind_of_member("schema", key)
        if kind is None or kind == VALUE:
            return value
        if kind == "map:schema" and isinstance(value, Mapping):
            return {str(name): self.convert(child) for name, child in value.items()}
        return self.convert(value)

    def nullable(self, copy: Json) -> Json:
        """With `nullable` for the extension that says so; beside a reference it needs a schema of its own."""
        said = [copy.pop(name) for name in _NULLABLE if name in copy]
        is_nullable = any(value is True for value in said)
        if isinstance(copy.get("$ref"), str):
            self.references.append(copy)
            return {"nullable": True, "allOf": [copy]} if is_nullable else copy
        types = copy.get("type")
        if isinstance(types, list) and "null" in types:
            rest = [item for item in types if item != "null"]
            copy["type"] = rest[0] if len(rest) == 1 else rest
            is_nullable = True
        return {**copy, "nullable": True} if is_nullable else copy

    def of_value(self, node: Mapping[str, Any]) -> Json:
        """The schema of a parameter that is no body, of a header, or of their items."""
        if "schema" in node and "type" not in node:
            # Not of the standard, but seen.
            converted = self.convert(node["schema"])
            return converted if isinstance(converted, dict) else {}
        copy: Json = {"type": node["type"]} if "type" in node else {}
        copy |= {
            str(key): value for key, value in node.items() if key not in _NOT_OF_THE_VALUE and not _is_extension(key)
        }
        _name_binary(copy)
        if isinstance(node.get("items"), Mapping):
            copy["items"] = self._items(node["items"])
        return self.nullable(copy)

    def _items(self, items: Mapping[str, Any]) -> Json:
        if isinstance(items.get("$ref"), str):
            return self.nullable({"$ref": items["$ref"]})
        # OpenAPI 3 has no lists inside of one text: the inner list stays text.
        return {"type": "string"} if items.get("type") == "array" else self.of_value(items)


def _is_extension(key: str) -> bool:
    return key.startswith("x-") and key not in _NULLABLE


def _name_binary(schema: Json) -> None:
    if schema.get("type") == "file":
        schema |= {"type": "string", "format": "binary"}


def _discriminator_values(root: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Of each definition that has a discriminator, the values that extensions give its heirs: value → definition."""
    definitions = root.get("definitions")
    found: dict[str, dict[str, str]] = {}
    for name, schema in definitions.items() if isinstance(definitions, Mapping) else ():
        value = (
            next((schema[key] for key in _VALUE_NAMES if key in schema), None) if isinstance(schema, Mapping) else None
        )
        if isinstance(value, str):
            for base in _bases(root, schema):
                found.setdefault(base, {})[value] = f"#/components/schemas/{name}"
    return found


def _bases(root: Mapping[str, Any], schema: Mapping[str, Any]) -> set[str]:
    """The names of the definitions that a schema is made of."""
    seen: set[str] = set()
    pending: list[Any] = [schema]
    while pending:
        node = pending.pop()
        parts = node.get("allOf") if isinstance(node, Mapping) else None
        for part in parts if isinstance(parts, list) else ():
            ref = part.get("$ref") if isinstance(part, Mapping) else None
            if isinstance(ref, str) and ref.startswith("#/definitions/") and ref not in seen:
                seen.add(ref)
                pending.append(resolved(root, part))
    return {ref.removeprefix("#/definitions/") for ref in seen}
