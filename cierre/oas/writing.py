"""A document as text, in JSON or YAML."""

from __future__ import annotations

import json
import re
from typing import Any, Literal

import yaml

Format = Literal["json", "yaml"]

_Base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Yaml(_Base):  # type: ignore[misc]
    """Block style, in the document's order, every text readable by YAML 1.1 and 1.2 alike."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


# YAML 1.2 reads 64e8 as a number, 1.1 as text: quote it. PyYAML knows the reverse cases itself.
_Yaml.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"),
    "-+.0123456789",
)


def text(document: dict[str, Any], form: Format) -> str:
    """The document in this format, with a line feed at its end."""
    if form == "json":
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    written: str = yaml.dump(document, Dumper=_Yaml, sort_keys=False, allow_unicode=True, width=110)
    return written
