"""The service's SQL is in `cierre.storage` alone, and its statements are in the repositories alone."""

import ast
import re

from cierre.storage.tables import metadata
from tests.support.paths import ROOT

DRIVERS = {"sqlalchemy", "asyncpg", "sqlite3", "alembic"}
STATEMENT = re.compile(r"\s*(SELECT\b.+\bFROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM|WITH \w+ AS)\b", re.DOTALL)
ANY_STATEMENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|TRUNCATE|CREATE|ALTER|DROP)\b")
FOLDERS = ("cierre", "handlers", "mocks", "contract_tests")
# What a mock keeps is its own file, and a mock is installed without what `cierre.storage` needs.
OF_THE_MOCK = "mocks/state/store.py"
BUILDERS = {"select", "insert", "update", "delete"}


def sources():
    """`(path, syntax tree)` of each module."""
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if "migrations" not in path.parts and name != OF_THE_MOCK:
                yield name, ast.parse(path.read_text(encoding="utf-8"))


def imported(tree):
    """Modules, and names of modules, that the tree imports anywhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)


def test_storage_alone_imports_sqlalchemy_and_drivers():
    users = {path for path, tree in sources() if {module.partition(".")[0] for module, _ in imported(tree)} & DRIVERS}
    # It runs no statement: an open connection keeps its database in memory alive.
    users.remove("cierre/cli/stateful.py")
    assert [path for path in users if not path.startswith("cierre/storage/")] == []


def test_repositories_alone_build_statements():
    builders = {
        path
        for path, tree in sources()
        if {name for module, name in imported(tree) if module.partition(".")[0] == "sqlalchemy"} & BUILDERS
    }
    assert builders
    assert [path for path in builders if not path.startswith("cierre/storage/repositories/")] == []


def test_no_string_outside_of_storage_is_a_statement():
    found = [
        (path, node.value)
        for path, tree in sources()
        if not path.startswith("cierre/storage/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.match(node.value)
    ]
    assert found == []


def test_statements_about_tables_are_in_repositories_and_migrations_alone():
    """What else is in `cierre.storage` asks about the server or the session, and names no table."""
    tables = re.compile(rf"\b({'|'.join(metadata.tables)})\b")
    found = [
        (path, node.value)
        for path, tree in sources()
        if path.startswith("cierre/storage/") and not path.startswith("cierre/storage/repositories/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and ANY_STATEMENT.match(node.value)
        if tables.search(node.value)
    ]
    assert found == []
