"""`python -m benchmarks.contract_tests.rates`: requests a second of `cierre contract` beside plain schemathesis.

Both test the same server by the same document, in turn, with as many examples, all of their phases and checks and a
report, and are measured from their start to their end: CPU is that of the tool alone, as the server is another process
or this one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import click
import requests

from benchmarks.contract_tests import applications
from benchmarks.contract_tests.apps import TOKEN, fastapi_books, flask_shop
from benchmarks.contract_tests.ours import LOGIN
from benchmarks.contract_tests.tools import Outcome, cierre, schemathesis
from benchmarks.tables import table
from cierre import oas
from cierre.contract_tests.defects.service import service

Json = dict[str, object]
TOOLS = {"cierre contract": cierre, "schemathesis": schemathesis}


class Server(NamedTuple):
    """A server that runs, its document, and a token for it."""

    url: str
    document: Json
    token: str


@contextmanager
def _planted(app: Callable[[], AbstractContextManager[str]], document: Json) -> Iterator[Server]:
    with app() as url:
        yield Server(url, document, TOKEN)


@contextmanager
def _ours() -> Iterator[Server]:
    """Our service, which holds what its document promises; with the token of a login."""
    with service() as url:
        answer = requests.post(f"{url}/api/v1/auth/login", json=LOGIN, timeout=60)
        yield Server(url, oas.bundle(oas.load()), answer.json()["data"]["accessToken"])


SERVERS: dict[str, Callable[[], AbstractContextManager[Server]]] = {
    "Flask, planted bugs": lambda: _planted(applications.flask, flask_shop.DOCUMENT),
    "FastAPI, planted bugs": lambda: _planted(applications.fastapi, fastapi_books.DOCUMENT),
    "our service": _ours,
}


@click.command()
@click.option("--only", type=click.Choice(list(SERVERS)), multiple=True, default=list(SERVERS))
@click.option("--examples", default=50, show_default=True, help="Generated requests for each operation, for both.")
@click.option("--rounds", default=3, show_default=True)
def main(*, only: tuple[str, ...], examples: int, rounds: int) -> None:
    """Print requests a second, CPU of a request, and the ratios of the same round."""
    found: dict[str, dict[str, list[Outcome]]] = {name: {tool: [] for tool in TOOLS} for name in only}
    with TemporaryDirectory(prefix="cierre-contract-rates-") as folder:
        for seed in range(1, rounds + 1):
            for name in only:
                for tool, run in TOOLS.items():
                    with SERVERS[name]() as server:
                        spec = Path(folder, "document.json")
                        spec.write_text(json.dumps(server.document), encoding="utf-8")
                        seen = run(server.url, spec, server.token, Path(folder, tool), examples=examples, seed=seed)
                    found[name][tool].append(seen)
                    click.echo(f"  {seed}/{rounds} {name}, {tool}: {_shown([seen])}", err=True)
    click.echo(text(found))


def text(found: dict[str, dict[str, list[Outcome]]]) -> str:
    """A table: each tool's medians, and the median of the rounds' ratios."""
    rows = []
    for name, tools in found.items():
        ours, theirs = tools.values()
        pairs = list(zip(ours, theirs, strict=True))
        faster = median(one.rate / other.rate for one, other in pairs)
        cheaper = median(one.cpu / one.requests / (other.cpu / other.requests) for one, other in pairs)
        rows.append((name, _shown(ours), _shown(theirs), f"{faster:.2f}", f"{cheaper:.2f}"))
    head = ("", *(f"{tool}: requests, 1/s, CPU ms each" for tool in TOOLS), "1/s, ratio", "CPU, ratio")
    return table(head, rows)


def _shown(rounds: list[Outcome]) -> str:
    count = median(one.requests for one in rounds)
    rate, cpu = median(one.rate for one in rounds), median(one.cpu / one.requests for one in rounds)
    return f"{count:,.0f}, {rate:,.0f}, {cpu * 1000:.1f}"


if __name__ == "__main__":
    main()
