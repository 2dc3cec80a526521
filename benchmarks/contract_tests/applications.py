"""The applications: planted ones of ours, one of others, and our own service with a seeded defect in front of it."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from werkzeug.serving import make_server

from benchmarks.contract_tests.apps import fastapi_books, flask_shop

# The newest that has a document of its own; it is installed into an environment of its own.
HTTPBIN = ("httpbin[mainapp]==0.10.4", "setuptools<81")
# Paths that wait, stream, or answer at random: nothing can be held to a contract there.
_NOT_TESTED = ("delay", "drip", "stream", "bytes", "range", "links", "status", "redirect", "uuid", "image", "anything")


@contextlib.contextmanager
def flask() -> Iterator[str]:
    """The planted Flask application: its base URL."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    flask_shop.app.logger.disabled = True
    server = make_server("127.0.0.1", 0, flask_shop.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


@contextlib.contextmanager
def fastapi() -> Iterator[str]:
    """The planted FastAPI application: its base URL."""
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(fastapi_books.app, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(5)


@contextlib.contextmanager
def httpbin(folder: Path) -> Iterator[str]:
    """httpbin, as PyPI has it: its base URL.

    Args:
        folder: where its environment is kept.
    """
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *HTTPBIN], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = f"import logging; logging.disable(); from httpbin import app; app.run('127.0.0.1', {port}, threaded=True)"
    process = subprocess.Popen([str(python), "-c", program], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def httpbin_document(url: str) -> dict[str, object]:
    """The document that httpbin serves, without the paths that wait, stream or answer at random."""
    with urllib.request.urlopen(f"{url}/spec.json", timeout=10) as answer:
        document = json.load(answer)
    paths = {path: node for path, node in document["paths"].items() if not any(one in path for one in _NOT_TESTED)}
    return {**document, "paths": paths}


def _wait(url: str) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/spec.json", timeout=5):
            return
        time.sleep(0.1)
    sys.exit(f"{url} does not answer")
