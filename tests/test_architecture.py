"""The house and its rooms: the same noun in every folder, the same verb in every file."""

import ast
import importlib
import inspect
import tomllib
from pathlib import Path

import pytest

from cierre import contract, errors
from cierre.contract.structure import operations

ROOT = Path(__file__).parent.parent
TREE = ROOT / "openapi"
HANDLERS = ("auth", "admin", "compat", "oauth", "service")
# Modules that are no layer of their own, with the reason. Meant to stay short.
OUTSIDE = {
    "cierre": "the package itself",
    "cierre.openapi": "the contract: it holds no code",
}


@pytest.fixture(scope="module")
def document():
    return contract.bundle(contract.load(), published=False)


@pytest.fixture(scope="module")
def found(document):
    """Each operation's object, by its id."""
    return {operation["operationId"]: operation for _, _, operation in operations(document)}


def public_functions(module):
    return {
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }


def test_every_operation_has_its_handler_and_every_handler_its_operation(found):
    handlers = {tag: public_functions(importlib.import_module(f"handlers.{tag}")) for tag in HANDLERS}
    wanted = {tag: {name for name, one in found.items() if one["tags"] == [tag]} for tag in HANDLERS}
    assert handlers == wanted


def test_the_handlers_module_is_the_operations_tag(found):
    for name, operation in found.items():
        assert operation["x-openapi-router-controller"] == f"handlers.{operation['tags'][0]}", name


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
        function = inspect.unwrap(getattr(importlib.import_module(f"handlers.{module}"), name))
        assert "sessions.logout(" in inspect.getsource(function)


def _layers():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = [one["layers"] for one in config["contracts"] if one["type"] == "layers"]
    return {name.strip().strip("()") for layer in layers for name in layer.replace(":", "|").split("|")}


def _modules():
    for package in ("cierre", "handlers", "mocks", "contract_tests"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_every_module_has_a_place_in_the_layers():
    layers = _layers()
    homeless = [
        module
        for module in _modules()
        if module not in OUTSIDE and not any(module == layer or module.startswith(f"{layer}.") for layer in layers)
    ]
    assert homeless == []


def test_every_layer_is_a_module():
    modules = set(_modules())
    assert [layer for layer in _layers() if layer not in modules] == []


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
        "print(sorted(set(sys.modules) & {'connexion', 'sqlalchemy', 'asyncpg', 'schemathesis', 'cierre.sessions'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
