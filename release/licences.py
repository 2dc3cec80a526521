"""The licences of what an installation brings, read from its SBOM (CycloneDX)."""

from __future__ import annotations

from typing import Any


def licence_of(component: dict[str, Any]) -> str | None:
    """The licence of a component: SPDX's identifier or expression, or a name; None: it states none."""
    stated = [
        (one.get("expression") or one["license"].get("id") or one["license"]["name"]).rpartition(" :: ")[2]
        for one in component.get("licenses", [])
    ]
    # A package may state its identifier and, as it was done before, a classifier or the whole text.
    return min(stated, key=len) if stated else None


def table(bom: dict[str, Any]) -> str:
    """A row a package, in Markdown.

    Raises:
        ValueError: packages state no licence; names them.
    """
    components = sorted(bom["components"], key=lambda one: one["name"].lower())
    rows = [(one["name"], one["version"], licence_of(one)) for one in components]
    unknown = [name for name, _, licence in rows if licence is None]
    if unknown:
        raise ValueError(f"no licence is stated by: {', '.join(unknown)}")
    lines = (f"| {name} | {version} | {licence} |" for name, version, licence in rows)
    return "\n".join(["| package | version | licence |", "|---|---|---|", *lines, ""])
