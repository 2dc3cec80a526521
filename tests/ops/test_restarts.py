"""A restart loses no request where somebody holds the socket open, as systemd does (`ops/systemd/cierre.socket`)."""

import socket
import subprocess
import sys
import time

import httpx
import pytest

from tests.support.commands import clean_environment
from tests.support.load import Load
from tests.support.running import LOGOUT, bearer

# As systemd starts a service: the socket is descriptor 3, and the variables name the process.
PASSED = 'exec 3<&"$0"; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@"'
CLIENTS = 3


class Held:
    """A listening socket, and the service that is started with it again and again."""

    def __init__(self, folder, database_url, data_dir):
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = (folder / "node.log").open("ab")
        self._command = [sys.executable, "-m", "cierre", "serve", "--database-url", database_url]
        self._command += ["--data-dir", str(data_dir), "--rate-limit", "off", "--issuer", "http://cierre.test"]
        self._process = None

    def start(self, **environment):
        descriptor = self._socket.fileno()
        self._process = subprocess.Popen(
            ["bash", "-c", PASSED, str(descriptor), *self._command],
            pass_fds=[descriptor],
            env=clean_environment() | environment,
            stdout=self._log,
            stderr=self._log,
        )

    def ask_to_end(self):
        self._process.terminate()

    def stop(self):
        self.ask_to_end()
        self._process.wait(30)

    def end(self):
        self.stop()
        self._socket.close()
        self._log.close()


def refused(held):
    """One round of a client whose token is none, by a connection of its own."""
    answer = httpx.post(held.url + LOGOUT, headers=bearer("nothing"), timeout=120)
    return None if answer.status_code == 401 else answer.text


@pytest.fixture
def held(tmp_path, sqlite_url, data_dir):
    made = Held(tmp_path, sqlite_url, data_dir)
    yield made
    made.end()


@pytest.mark.parametrize("restarts", [1, pytest.param(20, marks=pytest.mark.long)])
def test_no_request_fails_while_the_service_restarts_under_load(held, restarts):
    held.start()
    httpx.get(f"{held.url}/health/ready", timeout=120).raise_for_status()
    load = Load(lambda: refused(held), CLIENTS)
    try:
        for _ in range(restarts):
            time.sleep(0.5)
            held.stop()
            held.start()
            httpx.get(f"{held.url}/health/ready", timeout=120).raise_for_status()
    finally:
        load.end()
    assert load.failures == []
    assert load.rounds > restarts * CLIENTS


def test_whoever_has_just_connected_is_still_answered(held):
    held.start()
    httpx.get(f"{held.url}/health/ready", timeout=120).raise_for_status()
    with socket.create_connection(("127.0.0.1", held.port), timeout=20) as connection:
        # The service has accepted it once another one is answered.
        httpx.get(f"{held.url}/health/live", timeout=20).raise_for_status()
        held.ask_to_end()
        time.sleep(0.3)
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("variables", "opened", "words"),
    [
        ("LISTEN_FDS=2", "3</dev/null", "2 sockets were passed"),
        ("LISTEN_FDS=1", "3</dev/null", "descriptor 3 is no socket"),
        ("LISTEN_FDS=1", "3<&-", "descriptor 3 is no socket"),
    ],
)
def test_what_is_passed_and_is_no_listening_socket_is_said_in_a_line(tmp_path, variables, opened, words):
    command = f'export LISTEN_PID=$$ {variables}; exec "$0" -m cierre serve --data-dir "$1" {opened}'
    done = subprocess.run(
        ["bash", "-c", command, sys.executable, str(tmp_path)],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert words in done.stderr


def test_what_was_passed_to_another_process_is_not_ours(serve, sqlite_url):
    node = serve(sqlite_url, LISTEN_PID="1", LISTEN_FDS="1")
    assert httpx.get(f"{node.url}/health/live").status_code == 200
