"""`x-json-schema-faker` at the top of a document, as Prism reads it in dynamic answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

_MOST = 1000


class FakerSettings(NamedTuple):
    """What `x-json-schema-faker` says at the top of a document.

    Attributes:
        least: items of a list.
        most: items of a list; None for no other limit than the schema's.
        optional: share of the optional members that are put in, 0 to 1.
        fill: put in a member that only additionalProperties or patternProperties describe.
    """

    least: int = 0
    most: int | None = None
    optional: float = 0.8
    fill: bool = True


def faker_settings(root: Mapping[str, Any]) -> FakerSettings:
    """The settings of a document, under their names of the JSON Schema Faker: `min-items` or `minItems`."""
    written = root.get("x-json-schema-faker")
    if not isinstance(written, Mapping):
        return FakerSettings()
    given = {str(name).replace("-", "").lower(): value for name, value in written.items()}
    optional = given.get("optionalsprobability")
    if given.get("alwaysfakeoptionals") is True:
        optional = 1
    elif given.get("requiredonly") is True:
        optional = 0
    share = optional if isinstance(optional, (int, float)) and 0 <= optional <= 1 else FakerSettings().optional
    return FakerSettings(
        least=_count(given.get("minitems")) or 0,
        most=_count(given.get("maxitems")),
        optional=float(share),
        fill=given.get("fillproperties") is not False,
    )


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST else None
