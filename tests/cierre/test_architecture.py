"""The house and its rooms: the same noun in every folder, the same verb in every file."""

import ast
import importlib
import inspect

import pytest

from cierre import errors, oas
from cierre.oas.structure import operations
from tests.support.paths import ROOT

TREE = ROOT / "openapi"
HANDLERS = ("auth", "admin", "compat", "oauth", "service")


@pytest.fixture(scope="module")
def document():
    return oas.bundle(oas.load(), published=False)


@pytest.fixture(scope="module")
def found(document):
    """Each operation's object, by its id."""
    return {operation["operationId"]: operation for _, _, operation, _ in operations(document)}


def public_functions(module):
    return {
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }


def test_every_operation_has_its_handler_and_every_handler_its_operation(found):
    handlers = {tag: public_functions(importlib.import_module(f"cierre.handlers.{tag}")) for tag in HANDLERS}
    wanted = {tag: {name for name, one in found.items() if one["tags"] == [tag]} for tag in HANDLERS}
    assert handlers == wanted


def test_the_handlers_module_is_the_operations_tag(found):
    for name, operation in found.items():
        assert operation["x-openapi-router-controller"] == f"cierre.handlers.{operation['tags'][0]}", name


def test_a_path_items_file_is_named_by_its_operation(found):
    files = {path.stem: path.parent.name for tag in HANDLERS for path in (TREE / tag).glob("*.yaml")}
    assert files == {name: operation["tags"][0] for name, operation in found.items()}


@pytest.mark.parametrize("tag", HANDLERS)
def test_a_handler_has_no_if(tag):
    tree = ast.parse((ROOT / "handlers" / f"{tag}.py").read_text())
    public = [node for node in tree.body if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_")]
    assert public
    for node in public:
        assert not [inner for inner in ast.walk(node) if isinstance(inner, (ast.If, ast.IfExp, ast.While, ast.Match))]


def test_each_error_has_a_named_example_in_the_contract(document):
    names = set(_example_names(document))
    missing = {
        kind.situation
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.CierreError) and kind.__module__ == errors.__name__
    } - names
    assert missing == set()


def _example_names(node):
    if isinstance(node, dict):
        if isinstance(node.get("examples"), dict):
            yield from node["examples"]
        yield from node.get("x-cierre-situations", ())
        for child in node.values():
            yield from _example_names(child)
    elif isinstance(node, list):
        for child in node:
            yield from _example_names(child)


def test_each_code_of_the_errors_is_in_the_contracts_list_of_codes():
    text = (TREE / "schemas" / "common" / "ErrorCode.yaml").read_text()
    codes = {
        kind.code
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.CierreError) and not issubclass(kind, errors.OAuthError)
    }
    assert [code for code in codes if code not in text] == []


def test_the_three_logouts_share_one_domain_function():
    for module, name in (("auth", "logout"), ("compat", "logout_by_refresh_token"), ("compat", "logout_by_user_token")):
        function = inspect.unwrap(getattr(importlib.import_module(f"cierre.handlers.{module}"), name))
        assert "sessions.logout(" in inspect.getsource(function)


FOLDERS = ("cierre", "handlers", "mocks", "contract_tests", "tests", "benchmarks", "docs")


def test_everything_is_imported_as_cierre():
    """The folders beside `cierre/` are links inside it: imported by another name, a module would be there twice."""
    sources = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    assert [path for path in sources if _imported(path) & {"mocks", "handlers", "contract_tests", "openapi"}] == []


def _imported(path):
    """The top-level names that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level]
    return {name.partition(".")[0] for name in names}


def test_nothing_but_the_command_line_reads_the_environment():
    sources = [path for package in ("cierre", "handlers", "mocks") for path in (ROOT / package).rglob("*.py")]
    readers = {path.relative_to(ROOT).as_posix() for path in sources if "os.environ" in path.read_text()}
    # NO_COLOR is a convention of terminals, no setting of ours.
    assert {path for path in readers if not path.startswith("cierre/cli/")} <= {"mocks/log.py"}


def test_the_mock_starts_without_connexion_and_without_a_database():
    import subprocess
    import sys

    code = (
        "import sys, cierre.cli, cierre.cli.mock;"
        "print(sorted(set(sys.modules) &"
        " {'connexion', 'sqlalchemy', 'asyncpg', 'schemathesis', 'cierre.domain.sessions'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_uvicorn_is_configured_in_one_place():
    """So that no server of ours is without limits."""
    sources = [path for folder in FOLDERS[:4] for path in (ROOT / folder).rglob("*.py")]
    found = {path.relative_to(ROOT).as_posix() for path in sources if "uvicorn.Config(" in path.read_text()}
    assert found == {"cierre/server/config.py"}
