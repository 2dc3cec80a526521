"""`cierre users`: passwords are those that the service would accept."""

import asyncio
import subprocess

import pytest
from click.testing import CliRunner

from cierre.cli.users import command
from tests.support.commands import CIERRE

GOOD = "correct horse battery"


@pytest.fixture
def run(sqlite_url, tmp_path):
    def call(*arguments, **more):
        where = ("--database-url", sqlite_url, "--data-dir", str(tmp_path))
        return CliRunner().invoke(command, [*arguments, *where], standalone_mode=False, **more)

    return call


REFUSED = [
    ("eleven-char", "at least 12 characters"),
    ("", "at least 12 characters"),
    ("qwerty123456", "most common"),
    ("it is ana.maria", "must not contain the username"),
]


@pytest.mark.parametrize(("password", "reason"), REFUSED)
def test_a_user_is_not_added_with_a_password_that_breaks_a_rule(run, password, reason):
    refused = run("add", "Ana.Maria@ejemplo.com", "--password", password)
    assert reason in str(refused.exception)
    assert not password or password not in str(refused.exception)
    assert "ana.maria" not in run("list").output
    assert run("add", "Ana.Maria@ejemplo.com", "--password", GOOD).exit_code == 0


@pytest.mark.parametrize(("password", "reason"), [*REFUSED[:3], ("usuario-and-more", "must not contain the username")])
def test_a_password_that_breaks_a_rule_is_not_set(run, password, reason):
    assert reason in str(run("password", "usuario@ejemplo.com", "--password", password).exception)
    assert "has a new password" in run("password", "usuario@ejemplo.com", "--password", GOOD).output


@pytest.mark.parametrize("how", ["option", "variable"])
def test_the_operator_decides_the_length(run, how):
    words = ["add", "ana@ejemplo.com", "--password", "fifteen-letters"]
    if how == "option":
        refused = run(*words, "--password-min-length", "16")
    else:
        refused = run(*words, env={"CIERRE_PASSWORD_MIN_LENGTH": "16"})
    assert "at least 16 characters" in str(refused.exception)
    assert run(*words, "--password-min-length", "15").exit_code == 0


async def test_standard_output_has_the_result_and_standard_error_the_log(run, start_service, sqlite_url):
    service = await start_service(sqlite_url)
    await service.mint(2)
    done = await asyncio.to_thread(run, "disable", "usuario@ejemplo.com")
    assert done.stdout == "usuario@ejemplo.com is disabled; 2 sessions closed\n"
    assert done.stderr.count("security_logout") == 1


# --- where the password comes from


def test_a_password_comes_from_the_first_line_of_a_file(run, tmp_path):
    file = tmp_path / "password"
    file.write_text(f"{GOOD}\n", encoding="utf-8")
    assert run("add", "ana@ejemplo.com", "--password-file", str(file)).exit_code == 0
    assert "has a new password" in run("password", "ana@ejemplo.com", "--password-file", str(file)).output


def test_a_password_comes_by_a_pipe(run):
    assert run("add", "ana@ejemplo.com", "--password-file", "-", input=f"{GOOD}\n").exit_code == 0


@pytest.mark.parametrize("words", [("add", "ana@ejemplo.com"), ("password", "usuario@ejemplo.com")])
def test_without_a_terminal_a_line_says_how_to_give_the_password(words):
    done = subprocess.run([*CIERRE, "users", *words], input="", capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("cierre: no password: ")
    assert "--password-file" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "more", "reason"),
    [(b"\xff\xfe\n", (), "is not UTF-8"), (GOOD.encode(), ("--password", GOOD), "given twice")],
)
def test_a_file_that_does_not_say_one_password_is_refused(run, tmp_path, content, more, reason):
    file = tmp_path / "password"
    file.write_bytes(content)
    refused = run("add", "ana@ejemplo.com", "--password-file", str(file), *more)
    assert reason in str(refused.exception)
    assert GOOD not in str(refused.exception)
