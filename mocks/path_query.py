"""The query that some documents write into a path: `/mail?export={name}`, `/#Action=Send`; OpenAPI has none."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qsl

_VARIABLE = re.compile(r"\{([^{}]+)\}")


class PathQuery(NamedTuple):
    """What a path asks of the query.

    Attributes:
        fixed: names and values.
        variables: name in the query → path parameter whose text is the value.
        named: value → path parameter whose text is the name, as in `?{field}=1`.
        flags: names without a value, as in `#acl`; a request that lacks them is for another path, where there is one.
    """

    fixed: frozenset[tuple[str, str]]
    variables: tuple[tuple[str, str], ...] = ()
    named: tuple[tuple[str, str], ...] = ()
    flags: frozenset[str] = frozenset()

    @property
    def is_open(self) -> bool:
        """Whether it gives values to path parameters."""
        return bool(self.variables or self.named)

    def read(self, given: list[tuple[str, str]]) -> dict[str, str]:
        """The texts of its path parameters."""
        by_name = dict(given)
        found = {variable: by_name[name] for name, variable in self.variables if name in by_name}
        taken = {name for name, _ in (*self.fixed, *self.variables)} | self.flags
        by_value = {value: name for name, value in reversed(given) if name not in taken}
        return found | {variable: by_value[value] for value, variable in self.named if value in by_value}

    def distance(self, given: list[tuple[str, str]]) -> tuple[int, int, int]:
        """How far a query that has all of `fixed` is from it: the nearest path is the one with the least."""
        flags = len(self.flags - dict(given).keys())
        missing = len(self.variables) + len(self.named) - len(self.read(given)) + flags
        return -len(self.fixed), missing, -len(self.variables) - len(self.flags)


_NONE = PathQuery(frozenset(), (), (), frozenset())


def split(path: str) -> tuple[str, PathQuery]:
    """A path of a document without its query, and that."""
    if "?" not in path and "#" not in path:
        return path, _NONE
    plain, _, rest = path.replace("#", "?", 1).partition("?")
    fixed, variables, named, flags = set(), [], [], set()
    for name, value in parse_qsl(rest, keep_blank_values=True):
        by_value, by_name = _VARIABLE.fullmatch(value), _VARIABLE.fullmatch(name)
        if not value:
            flags.add(name)
        elif by_name:
            named.append((value, by_name[1]))
        elif by_value:
            variables.append((name, by_value[1]))
        elif "{" not in value:
            fixed.add((name, value))
    return plain, PathQuery(frozenset(fixed), tuple(variables), tuple(named), frozenset(flags))


def pairs(query: bytes) -> list[tuple[str, str]]:
    """Names and values of a raw query string."""
    return parse_qsl(query.decode("latin-1"), keep_blank_values=True)
