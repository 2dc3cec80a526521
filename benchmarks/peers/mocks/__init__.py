"""Servers that answer from an OpenAPI document without any code behind it, and two limits that answer a constant."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import documents, scratch
from benchmarks.processes import Command

FOLDER = scratch.PEERS / "mocks"
NODE_BIN = scratch.NODE_MODULES / ".bin"
OURS = "cierre"


@dataclass(frozen=True)
class MockPeer:
    """One of them.

    Attributes:
        command: how it is started, of a document and a port.
        validates: whether it refuses a body that the document doesn't allow.
        scenarios: what it can be asked; a limit knows the logout only.
    """

    name: str
    label: str
    command: Callable[[Path, int], Command]
    validates: bool = True
    scenarios: frozenset[str] = field(default=frozenset({"logout", "path_parameter", "list", "dynamic"}))

    @property
    def limit(self) -> bool:
        return self.scenarios == LOGOUT_ONLY


LOGOUT_ONLY = frozenset({"logout"})
STATIC = frozenset({"logout", "path_parameter", "list"})


def _cierre(document: Path, port: int) -> Command:
    return Command([str(Path(sys.executable).parent / "cierre"), "mock", str(document), "--port", str(port)])


def _prism(*options: str) -> Callable[[Path, int], Command]:
    def command(document: Path, port: int) -> Command:
        return Command([str(NODE_BIN / "prism"), "mock", "-p", str(port), *options, str(document)])

    return command


def _mockoon(document: Path, port: int) -> Command:
    words = [str(NODE_BIN / "mockoon-cli"), "start", "-d", str(document), "-p", str(port), "-l", "127.0.0.1"]
    return Command([*words, "--disable-log-to-file", "--disable-admin-api"])


def _openapi_backend(document: Path, port: int) -> Command:
    environment = {"DOCUMENT": str(document), "PORT": str(port), "NODE_ENV": "production"}
    return Command(["node", str(scratch.node_app("openapi_backend"))], environment)


def _connexion(document: Path, port: int) -> Command:
    words = [str(scratch.VENV / "bin" / "connexion"), "run", "--mock=all", "-f", "async", "-p", str(port)]
    path = documents.for_connexion(document) if "contract" in document.name else document
    return Command([*words, "-H", "127.0.0.1", str(path)], {"PYTHONPATH": str(FOLDER)}, FOLDER)


def _starlette(_: Path, port: int) -> Command:
    words = [str(scratch.VENV / "bin" / "uvicorn"), "limit:app", "--port", str(port), "--no-access-log"]
    return Command([*words, "--loop", "uvloop", "--http", "httptools", "--log-level", "warning"], folder=FOLDER)


def _node_http(_: Path, port: int) -> Command:
    environment = {"PORT": str(port), "NODE_ENV": "production"}
    return Command(["node", str(scratch.node_app("node_http"))], environment)


PEERS = (
    MockPeer(OURS, "Cierre", _cierre),
    MockPeer("prism", "Prism", _prism()),
    MockPeer("prism_silent", "Prism, -v silent", _prism("-v", "silent")),
    MockPeer("mockoon", "Mockoon", _mockoon, validates=False),
    MockPeer("openapi_backend", "openapi-backend", _openapi_backend, scenarios=STATIC),
    MockPeer("connexion_mock", "connexion run --mock=all", _connexion),
    MockPeer("starlette", "bare Starlette (limit)", _starlette, validates=False, scenarios=LOGOUT_ONLY),
    MockPeer("node_http", "Node http (limit)", _node_http, validates=False, scenarios=LOGOUT_ONLY),
)
