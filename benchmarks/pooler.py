"""PgBouncer in transaction mode in front of a PostgreSQL server."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from benchmarks.processes import free_port

PATIENCE_S = 10
# Fewer connections than clients have: the transactions of one client meet several of them.
_INI = """
[databases]
* = host={host} port={port} user={user} {password}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 200
ignore_startup_parameters = {ignored}
"""


def is_installed() -> bool:
    return shutil.which("pgbouncer") is not None


@contextmanager
def before(url: str, directory: Path, *, ignored: str = "") -> Iterator[str]:
    """The URL of the same database through PgBouncer, while the block runs.

    Args:
        url: `postgresql://user@host:port/name`.
        directory: where its settings and its log go.
        ignored: start-up parameters that it passes over; any other of ours it refuses.
    """
    server = urlsplit(url)
    user, listen = server.username or "postgres", free_port()
    password = f"password={unquote(server.password)}" if server.password else ""
    settings = _INI.format(
        host=server.hostname,
        port=server.port or 5432,
        user=unquote(user),
        password=password,
        listen=listen,
        ignored=ignored,
    )
    with running(settings, directory, listen):
        yield f"postgresql://{user}@127.0.0.1:{listen}{server.path}"


@contextmanager
def running(settings: str, directory: Path, listen: int, *, users: str = "") -> Iterator[None]:
    """PgBouncer, while the block runs.

    Args:
        settings: its pgbouncer.ini; `{users}` is replaced by the path of the file with `users`.
        directory: where its settings and its log go.
        listen: the port that the settings name.
        users: what auth_file holds.
    """
    ini, log, auth = directory / "pgbouncer.ini", directory / "pgbouncer.log", directory / "userlist.txt"
    auth.write_text(users)
    with log.open("wb") as lines, auth.open("rb") as users_file:
        # As root it refuses to run, and as another user it may not enter the directory: it gets the open files.
        ini.write_text(settings.replace("{users}", f"/dev/fd/{users_file.fileno()}"))
        words = ["-u", "nobody"] if os.geteuid() == 0 else []
        for file in (ini, auth):
            file.chmod(0o644)
        with ini.open("rb") as opened:
            command = ["pgbouncer", *words, f"/dev/fd/{opened.fileno()}"]
            descriptors = [opened.fileno(), users_file.fileno()]
            process = subprocess.Popen(command, stdout=lines, stderr=lines, pass_fds=descriptors)
            try:
                _wait(listen, process, log)
                yield
            finally:
                process.terminate()
                process.wait(PATIENCE_S)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"PgBouncer did not start: {log.read_text()}")
