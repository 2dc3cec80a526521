"""Two real nodes of the service on one SQLite database that is gone afterwards; `cierre demo` plays with them."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from gettext import gettext as _
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import urlsplit

import click

from cierre.cli.preparing import prepare
from cierre.settings import Settings

ISSUER = "http://cierre.example"
_LISTENS = re.compile(r"^cierre: version .* on (http://\S+)$", re.MULTILINE)
# Seconds: a machine may be busy.
_PATIENCE = 120
_TO_END = 15


class TwoNodes(NamedTuple):
    """`urls` by the nodes' names, A and B."""

    urls: dict[str, str]
    database_url: str
    issuer: str


@contextlib.contextmanager
def two_nodes() -> Iterator[TwoNodes]:
    """Run the nodes for the block; however it ends, they end and their files go.

    Raises:
        click.ClickException: a node did not start; it says what the node said.
    """
    with TemporaryDirectory(prefix="cierre-demo-") as temporary, socket.socket() as nobody:
        data = Path(temporary) / "data"
        settings = Settings(database_url=f"sqlite:///{data / 'cierre.db'}", data_dir=data, issuer=ISSUER, demo=True)
        prepare(settings, demo=True)
        # A message queue that is away, on a port that this process keeps: events stay in the outbox, to be shown.
        nobody.bind(("127.0.0.1", 0))
        options = {
            "--database-url": settings.database_url,
            "--data-dir": str(data),
            "--issuer": ISSUER,
            "--events": f"redis://127.0.0.1:{nobody.getsockname()[1]}",
            "--port": "0",
        }
        with contextlib.ExitStack() as running:
            nodes = {}
            for name in ("A", "B"):
                with _signals_kept():
                    nodes[name] = _Node(options, Path(temporary) / f"{name}.log")
                    running.callback(nodes[name].end)
            urls = {name: node.url() for name, node in nodes.items()}
            yield TwoNodes(urls, settings.database_url, ISSUER)


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """Handle SIGINT and SIGTERM after the block: within it, they would leave the process that it starts running."""
    kept: list[int] = []
    handlers = {
        number: signal.signal(number, lambda number, _frame: kept.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for one in kept:
            signal.raise_signal(one)


class _Node:
    def __init__(self, options: dict[str, str], log: Path) -> None:
        self._log = log
        # Nothing of the settings that this shell may have, and English, in which it is read.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CIERRE_")}
        with log.open("wb") as written:
            self._process = subprocess.Popen(  # noqa: S603 - this program
                [sys.executable, "-m", "cierre", "serve", *(word for pair in options.items() for word in pair)],
                stdout=written,
                stderr=written,
                env=environment | {"LC_ALL": "C"},
                # Of its own, so that Ctrl-C reaches this process alone, which ends the nodes.
                start_new_session=True,
            )

    def url(self) -> str:
        """Where it listens, once it does."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            said = self._log.read_text(encoding="utf-8")
            found = _LISTENS.search(said)
            if found and _answers(found[1]):
                return found[1]
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise click.ClickException(_("a node did not start:\n{said}").format(said=said.strip()))
            time.sleep(0.05)

    def end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _answers(url: str) -> bool:
    """Its port is known before it is open."""
    parts = urlsplit(url)
    with contextlib.suppress(OSError), socket.create_connection((parts.hostname, parts.port), timeout=_TO_END):
        return True
    return False
