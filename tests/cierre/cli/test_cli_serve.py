"""`cierre serve`: a mistake of the user's is one clear line and exit code 2, never a traceback."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from cierre.storage import migrate
from tests.support.running import free_port

PROGRAM = [sys.executable, "-c", "from cierre.cli import main; main()"]


@pytest.fixture
def run(tmp_path):
    """`run("serve", "--port", …)`: the command's result; it must end by itself."""

    def run(*arguments, **environment):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CIERRE_")}
        return subprocess.run(
            [*PROGRAM, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=tmp_path,
            env=clean | environment,
        )

    return run


def newer(url):
    """Give the database a revision that this version doesn't know."""
    script = text("UPDATE alembic_version SET version_num = '9999_newer'")
    migrate._with_connection(url, lambda connection: connection.execute(script))


def message(result):
    """The one line that says what is wrong."""
    assert result.returncode == 2, result.stderr
    (line,) = (result.stderr + result.stdout).splitlines()
    assert line.startswith("cierre: ")
    return line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--access-ttl", "soon"], "no duration"),
        (["--port", "99999"], "99999"),
        (["--port", "http"], "http"),
        (["--workers", "0"], "0"),
        (["--rate-limit", "sometimes"], "sometimes"),
        (["--trusted-proxies", "the-proxy"], "neither an IP address nor a CIDR block"),
        (["--allowed-origins", "app.example.com"], "no origin"),
        (["--algorithm", "HS256"], "HS256"),
        (["--suspicious-change", "panic"], "panic"),
        (["--sunset", "tomorrow"], "tomorrow"),
        (["--database-url", "mysql://localhost/x"], "mysql"),
        (["--database-url", "nonsense"], "nonsense"),
        (["--database-url", "postgresql://[::1/x"], "no database URL"),
        (["--database-url", "postgresql://127.0.0.1:1/x?foo=bar"], "foo"),
        (["--redis-url", "redis://localhost/cache"], "/cache as a number"),
        (["--redis-url", "redis://localhost?socket_timeout=soon"], "socket_timeout"),
        (["--host", "a..b"], "no host name"),
        (["--no-such-option"], "--no-such-option"),
        (["argument"], "argument"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_wrong_setting_is_named(run, arguments, words):
    if "--port" not in arguments:
        arguments = [*arguments, "--port", "0"]
    assert words in message(run("serve", *arguments))


def test_a_wrong_setting_of_the_environment_is_named(run):
    assert "no duration" in message(run("serve", "--port", "0", CIERRE_ACCESS_TTL="soon"))


def test_a_database_that_is_not_there_is_named_without_its_password(run):
    url = f"postgresql://me:geheim@127.0.0.1:{free_port()}/cierre"
    line = message(run("serve", "--port", "0", "--database-url", url))
    assert "127.0.0.1" in line
    assert "geheim" not in line


@pytest.mark.parametrize(
    "arguments",
    [
        ["--database-url", "postgres//me:geheim@127.0.0.1/cierre"],
        ["--database-url", "postgresql://me:geheim@127.0.0.1:port/cierre"],
        ["--database-url", "postgresql:me:geheim@127.0.0.1/cierre"],
        ["--database-url", "postgresql://127.0.0.1:1/cierre?password=geheim"],
        ["--redis-url", "redis//:geheim@127.0.0.1"],
        ["--redis-url", "redis://:geheim/1@127.0.0.1"],
        ["--redis-url", "redis://me:geheim@127.0.0.1/cache"],
    ],
    ids=lambda arguments: arguments[1].partition("geheim")[0],
)
def test_a_mistyped_url_is_told_without_its_password(run, arguments):
    line = message(run("serve", "--port", "0", *arguments))
    assert "***" in line
    assert "geheim" not in line


def test_a_url_that_asks_a_standby_is_refused(run):
    url = "postgresql://127.0.0.1:1/cierre?target_session_attrs=prefer-standby"
    assert "would ask a standby" in message(run("serve", "--port", "0", "--database-url", url))


def test_a_database_that_does_not_exist_is_named(run, postgres_url):
    url = re.sub(r"[^/]+$", "no_such_database", postgres_url)
    assert "no_such_database" in message(run("serve", "--port", "0", "--database-url", url))


def test_a_sqlite_file_that_is_none_is_named(run, tmp_path):
    (tmp_path / "not-a-database.db").write_text("this is no database, but a text that is long enough\n" * 100)
    # Else its mode is told as well.
    (tmp_path / "not-a-database.db").chmod(0o600)
    assert "not-a-database.db" in message(run("serve", "--port", "0", "--database-url", "sqlite:///not-a-database.db"))


def test_a_taken_port_is_named(run):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        line = message(run("serve", "--host", "127.0.0.1", "--port", str(port)))
    assert str(port) in line


def test_a_host_that_is_not_ours_is_named(run):
    assert "203.0.113.1" in message(run("serve", "--host", "203.0.113.1", "--port", "0"))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "203.0.113.1", "example.com"])
def test_the_demo_refuses_any_address_but_loopback(run, host):
    assert "--demo" in message(run("serve", "--demo", "--host", host, "--port", "0"))


def test_a_key_of_the_environment_that_is_none_is_named(run):
    line = message(run("serve", "--port", "0", CIERRE_SIGNING_KEYS="not a key"))
    assert "CIERRE_SIGNING_KEYS" in line


def test_a_wrong_passphrase_of_the_keys_is_named(run, tmp_path):
    (tmp_path / "right").write_text("the passphrase\n")
    (tmp_path / "wrong").write_text("another one\n")
    where = ("--data-dir", str(tmp_path))
    assert run("keys", "rotate", *where, "--key-passphrase-file", str(tmp_path / "right")).returncode == 0
    for more, reason in (
        ([], "is encrypted"),
        (["--key-passphrase-file", str(tmp_path / "wrong")], "can't be decrypted"),
    ):
        assert reason in message(run("serve", "--port", "0", *where, *more))


def test_a_rotation_that_can_not_be_is_named(run):
    given = "-----BEGIN PRIVATE KEY-----"
    assert "CIERRE_SIGNING_KEYS" in message(
        run("serve", "--port", "0", "--rotate-keys-every", "30d", CIERRE_SIGNING_KEYS=given)
    )
    assert "17m at least" in message(run("serve", "--port", "0", "--rotate-keys-every", "10m"))


def test_a_secret_that_is_too_short_is_named(run):
    assert "CIERRE_SECRET" in message(run("serve", "--port", "0", CIERRE_SECRET="short"))


def test_a_secret_that_was_half_written_is_named(run, tmp_path):
    tmp_path.chmod(0o700)
    (tmp_path / "secret").touch(0o600)
    assert "too short" in message(run("serve", "--port", "0", "--data-dir", str(tmp_path)))


def test_a_key_that_can_not_be_read_is_named(run, tmp_path):
    tmp_path.chmod(0o700)
    for folder in (tmp_path / "keys", tmp_path / "keys" / "1-RS256-0.pem"):
        folder.mkdir(0o700)
    for words in (["serve", "--port", "0"], ["keys", "list"]):
        assert "1-RS256-0.pem can't be read: Is a directory" in message(run(*words, "--data-dir", str(tmp_path)))


@pytest.mark.parametrize(
    "arguments",
    [
        ["users", "add", "a@example.com", "--password", b"\xff\xfe-\xff\xfe-\xff-with-more"],
        ["users", "add", "a@example.com", "--password", "long enough for us", "--tokenable-id", "9" * 30],
    ],
)
def test_a_value_that_no_database_keeps_is_named(run, arguments):
    assert run("db", "upgrade").returncode == 0
    message(run(*arguments))


def test_a_mistyped_data_directory_is_named_and_not_made(run, tmp_path):
    for words in (["db", "current"], ["users", "list"]):
        assert "No such file" in message(run(*words, "--data-dir", str(tmp_path / "tpyo")))
    assert not (tmp_path / "tpyo").exists()


def test_an_output_that_takes_no_more_is_named():
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run(
            [*PROGRAM, "spec", "view", "session"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (result.returncode, result.stderr.splitlines()) == (2, ["cierre: standard output: No space left on device"])


def test_an_older_node_starts_on_a_newer_schema(run, serve, database_url):
    migrate.upgrade(database_url)
    newer(database_url)

    node = serve(database_url)

    assert httpx.get(f"{node.url}/health/ready").json()["checks"]["migrations"] == "ok"
    assert run("db", "upgrade", "--database-url", database_url).returncode == 0
    assert run("users", "list", "--database-url", database_url).returncode == 0


def test_a_url_of_postgresql_may_have_libpqs_sslmode(run, postgres_url):
    assert run("db", "upgrade", "--database-url", f"{postgres_url}?sslmode=prefer").returncode == 0


def test_a_url_of_redis_needs_no_port(serve, sqlite_url):
    node = serve(sqlite_url, "--redis-url", "redis://127.0.0.1")
    assert httpx.get(f"{node.url}/health/live").status_code == 200


def test_a_data_directory_that_can_not_be_written_is_named(run, tmp_path):
    (tmp_path / "file").write_text("")
    line = message(run("serve", "--port", "0", "--data-dir", str(tmp_path / "file" / "below")))
    assert "file" in line


def test_every_option_has_a_variable_of_the_environment(run):
    text = run("serve", "--help").stdout
    options = set(re.findall(r"--([a-z-]+)", text)) - {"help"}
    for name in options:
        assert f"CIERRE_{name.replace('-', '_').upper()}" in text, name


def test_an_unknown_command_is_named(run):
    assert "no-such-command" in message(run("no-such-command"))


def test_a_process_that_is_asked_to_end_ends_with_success(serve, sqlite_url):
    node = serve(sqlite_url, "--demo")
    # uvicorn finishes what it began, and then says by which signal it was asked.
    assert node.stop() in {0, -15}
    assert "Traceback" not in node.log()


def test_the_demo_prints_what_to_try_next_and_it_works(real):
    """Ready to paste: login, logout, a second logout, document 002's own token."""
    log = real.log()
    commands = log[log.index("  TOKEN=") :].split("\n\n")[0]
    pasted = commands.replace("http://localhost:3000", real.url)
    done = subprocess.run(["bash", "-c", pasted], capture_output=True, text=True, timeout=30, check=True)
    statuses = re.findall(r"HTTP/1\.1 (\d+)", done.stdout)
    assert statuses[:2] == ["200", "404"]
    assert len(statuses) == 3
