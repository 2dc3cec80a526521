"""`pip install cierre` is small; a command that needs more says what to install."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest

from cierre.extras import MODULES, ExtraNotInstalled, named_when_missing
from tests.support.paths import ROOT

NOT_IN_THE_BASE = {
    "alembic",
    "asyncpg",
    "connexion",
    "hypothesis",
    "jsonschema",
    "pytest",
    "redis",
    "schemathesis",
    "sqlalchemy",
}


def test_the_base_is_at_most_thirty_packages_and_nothing_of_the_service_or_the_contract_tests(base):
    packages = base.packages()
    assert len(packages) <= 30
    assert {"cierre", "click", "httpx", "orjson", "pyjwt", "uvicorn"} <= packages
    assert not packages & NOT_IN_THE_BASE


def test_the_service_brings_no_contract_tests(service):
    packages = service.packages()
    assert {"connexion", "sqlalchemy", "asyncpg", "alembic", "redis"} <= packages
    assert not packages & {"schemathesis", "hypothesis", "pytest"}


def test_the_packages_are_as_many_as_the_docs_say(base, service):
    documented = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    for environment, extra in ((base, ""), (service, "[service]")):
        (count,) = re.findall(rf"^\| `cierre{re.escape(extra)}` \| (\d+) \|", documented, re.MULTILINE)
        assert len(environment.packages()) == int(count)


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        ("serve", "service"),
        ("serve --redis-url redis://localhost", "service"),
        ("mock --stateful --port 0", "service"),
        ("db upgrade", "service"),
        ("db current", "service"),
        ("users list", "service"),
        ("users add a@example.com --password secret", "service"),
        ("clients list", "service"),
        ("sessions list a@example.com", "service"),
        ("audit purge --older-than 1d", "service"),
        ("contract http://localhost:1", "contract"),
        ("spec lint", "lint"),
        ("audit report", "service"),
        ("audit export trail.parquet", "service"),
    ],
)
def test_a_command_whose_extra_is_missing_says_what_to_install(base, command, extra):
    done = base.run("cierre", *command.split())
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.fullmatch(rf"cierre: \w+ is not installed: pip install 'cierre\[{extra}\]'\n", done.stderr)


@pytest.mark.parametrize("command", ["", "serve", "mock", "spec", "spec lint", "contract", "users add", "audit purge"])
def test_help_needs_no_extra(base, command):
    done = base.run("cierre", *command.split(), "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: cierre")


def test_completion_needs_no_extra(base):
    done = base.run("cierre", _CIERRE_COMPLETE="bash_complete", COMP_WORDS="cierre users ", COMP_CWORD="2")
    assert {"plain,add", "plain,list", "plain,role"} <= set(done.stdout.split())


def test_the_base_bundles_views_and_compares_contracts(base):
    bundle = base.run("cierre", "spec", "bundle", "-o", "bundle.yaml")
    assert (bundle.returncode, bundle.stderr) == (0, "")
    assert base.run("cierre", "spec", "view", "dto").stdout.startswith("openapi: 3.0.3")
    assert base.run("cierre", "spec", "diff", "bundle.yaml", "bundle.yaml").returncode == 0


@pytest.mark.parametrize("url", ["sqlite:///cierre.db", "postgresql://localhost/cierre", "redis://localhost"])
def test_a_verifiers_source_whose_driver_is_missing_says_what_to_install(base, url):
    code = f"from cierre.verifier import Verifier\nVerifier(issuer='http://issuer.test', revocations={url!r})"
    last = base.run("python", "-c", code).stderr.splitlines()[-1]
    assert re.search(r"ExtraNotInstalled: \w+ is not installed: pip install 'cierre\[service\]'$", last)


@pytest.mark.parametrize(("first", "extra"), [(None, "contract"), ("reports", "reports"), ("service", "contract")])
def test_of_two_extras_that_bring_a_module_the_one_that_is_needed_is_named(monkeypatch, first, extra):
    monkeypatch.setitem(sys.modules, "rich", None)
    message = rf"rich is not installed: pip install 'cierre\[{extra}\]'"
    with pytest.raises(ExtraNotInstalled, match=message), named_when_missing(first):
        import rich  # noqa: F401


# --- what pyproject.toml says, the code imports, and cierre/extras.py names


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def named(requirement):
    return re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-")


def modules_of(requirements):
    """The importable names that the distributions of some requirements bring."""
    names = {named(requirement) for requirement in requirements}
    return {module for module, by in packages_distributions().items() if names & {named(one) for one in by}}


@pytest.mark.parametrize("extra", sorted(MODULES))
def test_each_dependency_of_an_extra_is_named_by_a_module_of_its_own(project, extra):
    for requirement in project["optional-dependencies"][extra]:
        assert modules_of([requirement]) & MODULES[extra], requirement
    assert modules_of(project["optional-dependencies"][extra]) >= MODULES[extra]


def test_all_is_every_extra_but_those_of_some_operators(project):
    assert set(project["optional-dependencies"]) == {*MODULES, "all", "dev"}
    assert set(re.findall(r"\w+", project["optional-dependencies"]["all"][0])) == {"cierre", *MODULES} - {
        "reports",
        "otel",
    }


def imported_modules():
    for path in (ROOT / "cierre").rglob("*.py"):
        yield from modules_imported_by(path)
    for folder in ("contract_tests", "handlers", "mocks"):
        for path in (ROOT / folder).rglob("*.py"):
            yield from modules_imported_by(path)


def modules_imported_by(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.partition(".")[0]


def test_whatever_is_imported_is_declared(project):
    # PyJWT's own extra, which pyproject.toml asks for.
    declared = modules_of([*project["dependencies"], "cryptography"]).union(*MODULES.values())
    assert set(imported_modules()) - set(sys.stdlib_module_names) - {"cierre"} <= declared
