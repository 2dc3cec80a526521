"""Which values no message may repeat: passwords, tokens and the like, whoever reads the answer or the log.

A value is one by its name, or because the document says so of a property or parameter of its name: `format: password`,
`writeOnly: true`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from cierre.oas.references import resolve

# `newPassword`, `client_secret`, `X-Api-Key`; not `tokenFormat`, which is no token.
_NAME = re.compile(
    r"passw(or)?d|passphrase|contrase|secret|apikey|privatekey|credential|authori[sz]ation$|cookie$|assertion$|tokens?$|jwts?$"
)
_NO_LETTER = re.compile(r"[\W_]+")


class SecretNames:
    """The names in one document."""

    def __init__(self, document: Any) -> None:
        self._document = document

    def hides(self, path: Iterable[str | int], value: Any) -> bool:
        """Whether a message about a value would show a secret.

        Args:
            path: the names that lead to it; empty: the whole of a body, of which nobody knows what it is if it is no
                object.
            value: it may hold secrets itself.
        """
        names = [name for name in path if isinstance(name, str)]
        if any(self.has(name) for name in names):
            return True
        return any(self.has(name) for name in _names_in(value)) or (not names and not isinstance(value, dict))

    def has(self, name: str) -> bool:
        """Whether this is the name of a secret."""
        return bool(_NAME.search(_NO_LETTER.sub("", name.lower()))) or name in self._marked

    @cached_property
    def _marked(self) -> frozenset[str]:
        return frozenset(_marked_names(self._document))


def _names_in(value: Any) -> Iterator[str]:
    """The names of all members in a value, however deep."""
    pending = [value]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            yield from node
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)


def _marked_names(document: Any) -> Iterator[str]:
    pending, seen = [document], set()
    while pending:
        node = pending.pop()
        # An alias of YAML is the same object again.
        if not isinstance(node, (Mapping, list)) or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, list):
            pending.extend(node)
            continue
        pending.extend(node.values())
        properties = node.get("properties")
        if isinstance(properties, Mapping):
            yield from (str(name) for name, schema in properties.items() if _is_marked(document, schema))
        if "in" in node and isinstance(node.get("name"), str) and _is_marked(document, node.get("schema")):
            yield node["name"]


def _is_marked(document: Any, schema: Any) -> bool:
    try:
        schema = resolve(document, schema)
        parts = [schema, *(resolve(document, part) for part in schema.get("allOf", ()))]
    except (AttributeError, LookupError, TypeError):
        return False
    return any(
        isinstance(part, Mapping) and (part.get("format") == "password" or part.get("writeOnly") is True)
        for part in parts
    )
