"""What tests of the mock share: a client to a mock in process, and small documents."""

import json
import re
import subprocess
import sys
import time
from contextlib import asynccontextmanager, contextmanager

import httpx

from cierre.mocks import mock_app
from tests.support.running import with_files

_URL = re.compile(r"at (https?://[^\s;]+)[\s;]")


@asynccontextmanager
async def client_of(spec=None, **options):
    """An HTTP client to a mock of the document; no network."""
    transport = httpx.ASGITransport(app=mock_app(spec, **options))
    async with httpx.AsyncClient(transport=transport, base_url="http://mock") as client:
        yield client


def document(paths, version="3.0.3", **more):
    return {"openapi": version, "paths": paths, **more}


def answering(schema=None, *, method="get", path="/x", status="200", operation=None, version="3.0.3", **media):
    """A document with one operation that answers JSON."""
    if schema is not None:
        media["schema"] = schema
    node = {"responses": {status: {"description": "", "content": {"application/json": media}}}, **(operation or {})}
    return document({path: {method: node}}, version)


@contextmanager
def started(folder, *arguments, files=None):
    """The URL and the process of `cierre mock` on a free port; its log goes to a file, as a full pipe would stop it.

    `files`: how many it may open.
    """
    log_file = folder / "mock.log"
    command = [sys.executable, "-c", "from cierre.cli import main; main()", "mock", *map(str, arguments)]
    with log_file.open("w") as log:
        process = subprocess.Popen(with_files([*command, "--port", "0", "--no-watch"], files), stderr=log, cwd=folder)
    try:
        deadline = time.monotonic() + 60
        while not (url := _URL.search(log_file.read_text())) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert url, log_file.read_text()
        yield url[1], process
    finally:
        process.terminate()
        process.wait(timeout=60)


def write(folder, **files):
    """Write the files of a document, `parts__a_yaml="…"` for parts/a.yaml; returns its openapi.yaml."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_yaml", ".yaml").replace("_json", ".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
    return folder / "openapi.yaml"
