"""What is in the wheel and the sdist: one top-level name, every file, no link."""

import email
import os
import tomllib
import zipfile
from pathlib import Path

from tests.support.paths import ROOT

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def package_files():
    """The files of the package as the links show it."""
    for folder, _, names in os.walk(ROOT / "cierre", followlinks=True):
        for name in names:
            path = Path(folder, name).relative_to(ROOT)
            if path.suffix != ".pyc":
                yield path.as_posix()


def test_the_wheels_only_top_level_name_is_cierre(built):
    names = built.names(built.wheel_of_sdist)
    assert {name.partition("/")[0] for name in names} == {"cierre", f"cierre-{VERSION}.dist-info"}


def test_the_wheel_holds_every_file_of_the_package(built):
    expected = {name for name in package_files() if not name.endswith(".md")}
    assert {Path(name).suffix for name in expected} == {
        ".py",
        ".yaml",
        ".jinja",
        ".json",
        ".mako",
        ".mo",
        ".po",
        ".typed",
        ".html",
        ".css",
        ".js",
    }
    assert {name for name in built.names(built.wheel_of_sdist) if name.startswith("cierre/")} == expected


def test_the_wheel_says_what_it_is_and_that_it_is_typed(built):
    assert "cierre/py.typed" in built.names(built.wheel_of_sdist)
    with zipfile.ZipFile(built.wheel_of_sdist) as archive:
        told = email.message_from_bytes(archive.read(f"cierre-{VERSION}.dist-info/METADATA"))
    assert (told["Name"], told["Version"], told["License-Expression"]) == ("cierre", VERSION, "Apache-2.0")
    assert "Typing :: Typed" in told.get_all("Classifier")
    assert told["Description-Content-Type"] == "text/markdown"
    assert told.get_payload().startswith("# Cierre")


def test_the_version_stands_in_one_place():
    """Whoever else says it asks for what is installed; a page that shows it shows the same."""
    sources = [path for path in (ROOT / "cierre").rglob("*.py") if f'"{VERSION}"' in path.read_text(encoding="utf-8")]
    assert sources == []
    for page in (ROOT / "docs" / "operations.md", ROOT / "docs" / "es" / "operations.md"):
        assert f"cierre: version {VERSION} " in page.read_text(encoding="utf-8")


def test_a_wheel_made_from_the_sdist_holds_the_same_as_one_made_from_the_checkout(built):
    assert built.names(built.wheel_of_sdist) == built.names(built.wheel)


def test_the_sdist_holds_files_where_the_checkout_has_links(built):
    names = built.names(built.sdist)
    assert {"cierre/mocks/app.py", "cierre/openapi/openapi.yaml", "pyproject.toml", "LICENSE"} <= names
    assert not {name for name in names if name.startswith(("mocks/", "openapi/", "handlers/", "contract_tests/"))}


def test_an_editable_install_adds_one_name_and_serves_the_checkouts_files(copy_of_checkout, environment):
    checkout = copy_of_checkout("editable")
    editable = environment("editable")
    editable.install("setuptools")
    editable.install("--no-deps", "--no-build-isolation", "--editable", str(checkout))
    shown = editable.prints("import cierre.openapi, cierre.mocks, cierre.contract_tests; print(cierre.mocks.__file__)")
    assert Path(shown).resolve() == checkout.resolve() / "mocks" / "__init__.py"
    for name in ("mocks", "handlers", "contract_tests", "openapi", "tests"):
        assert f"No module named '{name}'" in editable.run("python", "-c", f"import {name}").stderr
