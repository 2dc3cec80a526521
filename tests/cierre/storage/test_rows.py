"""A `TypedDict` of `cierre.storage.rows` has exactly the columns of its query, with their types: mypy relies on it."""

import importlib
import inspect
import pkgutil
import re
from itertools import combinations
from typing import Literal, get_args, get_origin, get_type_hints

import pytest
from sqlalchemy import Column

from cierre.storage import repositories, rows
from cierre.storage.repositories import audit
from cierre.storage.statements import Compound, Query

MODULES = [
    importlib.import_module(f"{repositories.__name__}.{module.name}")
    for module in pkgutil.iter_modules(repositories.__path__)
]


def queries():
    """Each query of the repositories by its name."""
    for module in MODULES:
        for name, value in vars(module).items():
            where = f"{module.__name__.rpartition('.')[2]}.{name}"
            if isinstance(value, Query):
                yield where, value
            elif isinstance(value, Compound):
                yield f"{where}.single", value.single
                yield f"{where}.result", value.result
    for count in range(len(audit._FILTERS) + 1):
        for names in combinations(sorted(audit._FILTERS), count):
            yield f"audit.page_query({', '.join(names)})", audit.page_query(frozenset(names))


QUERIES = dict(queries())


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_row_has_exactly_the_columns_of_its_query(query):
    for clause in query.clauses:
        assert set(clause.exported_columns.keys()) == set(get_type_hints(query.row))


def plain(annotation):
    """`int | None` → {int, NoneType}; the values of a Literal count by their type."""
    parts = set()
    for part in get_args(annotation) if get_origin(annotation) not in {Literal, None} else [annotation]:
        parts |= {type(value) for value in get_args(part)} if get_origin(part) is Literal else {part}
    return parts


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_row_has_the_types_of_its_columns(query):
    """Of a column that a table has; what SQL computes has a type of its own."""
    hints = get_type_hints(query.row)
    for clause in query.clauses:
        for name, column in clause.exported_columns.items():
            kinds = plain(hints[name])
            if isinstance(column, Column):
                assert column.type.python_type in kinds, name
                assert not column.nullable or type(None) in kinds, name


def test_every_row_type_is_used_by_a_repository():
    kinds = {name for name, value in vars(rows).items() if getattr(value, "__module__", "") == rows.__name__}
    sources = "\n".join(inspect.getsource(module) for module in MODULES)
    used = {name for name in kinds if re.search(rf"\b{name}\b", sources)}
    bases = set(re.findall(r"\w+", " ".join(re.findall(r"^class \w+\((.*)\):", inspect.getsource(rows), re.MULTILINE))))
    assert kinds - used - bases == set()
