"""The service that stands behind the proxy."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

import requests


@contextlib.contextmanager
def service() -> Iterator[str]:
    """`cierre serve --demo` on a free port, with data of its own: its base URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ("serve", "--demo", "--rate-limit", "off", "--host", "127.0.0.1", "--port", str(port))
    with tempfile.TemporaryDirectory() as directory:
        process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-c", "from cierre.cli import main; main()", *command, "--data-dir", directory],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield _ready(f"http://127.0.0.1:{port}", process)
        finally:
            process.terminate()
            process.wait(20)


def _ready(url: str, process: subprocess.Popen[bytes]) -> str:
    for _ in range(1200):
        with contextlib.suppress(requests.RequestException):
            if requests.get(f"{url}/health/ready", timeout=5).ok:
                return url
        if process.poll() is not None:
            break
        time.sleep(0.1)
    sys.exit("the service did not start")
