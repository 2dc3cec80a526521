"""A PostgreSQL server of our own for the time of a run, on the load generator's core, with its default settings.

A server that others use as well would measure them too, and could not be pinned.
"""

import getpass
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import machine, scratch
from benchmarks.processes import free_port

# All peers keep their pools open side by side; nothing else is changed.
SETTINGS = {"max_connections": "400"}
UNPRIVILEGED = "postgres"
PATIENCE_S = 30


@contextmanager
def running() -> Iterator[int]:
    """Start it and name it in the environment (PGHOST, PGPORT, PGUSER), which all who connect look at.

    Yields the id of its first process.
    """
    binaries = Path(_output("pg_config", "--bindir"))
    with tempfile.TemporaryDirectory(prefix="cierre-bench-") as folder:
        data = Path(folder) / "data"
        data.mkdir()
        _hand_over(Path(folder), data)
        port = free_port()
        subprocess.run(
            [*_as_user(), binaries / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        options = {**SETTINGS, "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": data}
        words = [f"-c{name}={value}" for name, value in options.items()]
        with (scratch.LOGS / "postgresql.log").open("wb") as log:
            command = [*_as_user(), str(binaries / "postgres"), "-D", str(data), *words]
            process = subprocess.Popen(machine.pinned(machine.LOAD_CORES, command), stdout=log, stderr=log)
        try:
            os.environ |= {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": "postgres"}
            _wait(process)
            yield process.pid
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def _hand_over(*folders: Path) -> None:
    """PostgreSQL refuses to run as root, so root gives it the user that its package made."""
    for folder in folders:
        if _as_user():
            shutil.chown(folder, UNPRIVILEGED, UNPRIVILEGED)


def _as_user() -> list[str]:
    if getpass.getuser() != "root":
        return []
    return ["setpriv", f"--reuid={UNPRIVILEGED}", f"--regid={UNPRIVILEGED}", "--clear-groups"]


def _wait(process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while subprocess.run(["pg_isready", "-q"], check=False).returncode:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start, see {scratch.LOGS / 'postgresql.log'}")
        time.sleep(0.1)


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
