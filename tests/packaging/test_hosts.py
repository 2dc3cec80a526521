"""Cierre in somebody else's project: it takes no name of theirs, and importing it changes nothing."""

import textwrap

import pytest

from tests.support.commands import run_python

PROJECT = {
    "pytest.ini": """
        [pytest]
        filterwarnings = error
        """,
    "mocks/__init__.py": "WHOSE = 'theirs'",
    "handlers/__init__.py": "WHOSE = 'theirs'",
    "contract_tests/__init__.py": "WHOSE = 'theirs'",
    "contract_tests/test_names.py": """
        import contract_tests
        import handlers
        import mocks

        def test_the_projects_own_packages():
            assert {contract_tests.WHOSE, handlers.WHOSE, mocks.WHOSE} == {"theirs"}
        """,
    "contract_tests/test_fixtures.py": """
        import httpx
        import pytest
        from cierre.extras import ExtraNotInstalled

        def test_the_mock(cierre_mock):
            mock = cierre_mock(token="secret")
            url = f"{mock.url}/api/v1/auth/logout"
            assert httpx.post(url, headers={"Authorization": "Bearer secret"}).status_code == 200

        def test_the_contract(cierre_contract):
            with pytest.raises(ExtraNotInstalled, match=r"pip install 'cierre\\[contract\\]'"):
                cierre_contract("http://localhost:1")
        """,
}


@pytest.fixture(scope="module")
def guest(built, environment):
    """A project with pytest, our wheel, and packages of its own that are called as our folders are."""
    made = environment("guest")
    made.install(str(built.wheel_of_sdist), "pytest")
    for name, text in PROJECT.items():
        path = made.elsewhere / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return made


def test_a_project_with_packages_of_the_same_names_runs_its_tests_beside_the_wheel(guest):
    done = guest.run("python", "-m", "pytest", "-v")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_a_plugin_of_the_old_name_would_have_ended_that_run(guest):
    """The wheel of old named its plugins `mocks.pytest_plugin` and `contract_tests.pytest_plugin`."""
    done = guest.run("python", "-m", "pytest", "-p", "mocks.pytest_plugin")
    assert done.returncode != 0
    assert "No module named 'mocks.pytest_plugin'" in done.stderr


# Whatever a library can set for the whole process.
STATE = """
import asyncio, logging, signal, sys, warnings

def state():
    root = logging.getLogger()
    return {
        "warnings": list(warnings.filters),
        "logging": (root.level, list(root.handlers), list(root.filters), logging.root.manager.disable),
        "signals": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "hooks": (sys.excepthook, sys.unraisablehook, sys.displayhook, list(sys.meta_path), list(sys.path_hooks)),
        "loop": asyncio.get_event_loop_policy(),
    }

before = state()
import MODULE
after = state()
print([name for name in before if before[name] != after[name]])
print(sorted({name.partition(".")[0] for name in sys.modules} & {"connexion", "sqlalchemy", "pytest", "uvicorn"}))
"""
IMPORTED = ["cierre", "cierre.verifier", "cierre.mocks", "cierre.contract_tests"]


@pytest.mark.parametrize("module", IMPORTED)
def test_importing_changes_nothing_of_the_host(module):
    """With all that could be imported at hand."""
    done = run_python(STATE.replace("MODULE", module))
    assert (done.stdout, done.stderr) == ("[]\n[]\n", "")


def test_connexions_warning_is_kept_off_where_it_is_imported():
    done = run_python(
        "import warnings; before = list(warnings.filters); import cierre.app; print(before == warnings.filters)"
    )
    assert (done.stdout, done.stderr) == ("True\n", "")
