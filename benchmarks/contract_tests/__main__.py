"""`python -m benchmarks.contract_tests`: the table of docs/contract-tests.md."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import click

from benchmarks.contract_tests import applications, ours
from benchmarks.contract_tests.apps import TOKEN, fastapi_books, flask_shop
from benchmarks.contract_tests.tools import Outcome, cierre, schemathesis
from benchmarks.scratch import SCRATCH

NAMES = ("flask", "fastapi", "httpbin", "cierre")


class Row(NamedTuple):
    """One application. `planted` is empty where nobody knows the bugs."""

    title: str
    planted: tuple[str, ...]
    ours: Outcome
    theirs: Outcome


@click.command()
@click.option("--only", type=click.Choice(NAMES), multiple=True, default=NAMES, help="Only these applications.")
@click.option("--examples", default=10, show_default=True, help="Generated requests for each operation, for both.")
@click.option("--seed", default=1, show_default=True)
def main(*, only: tuple[str, ...], examples: int, seed: int) -> None:
    """Print bugs found, false findings, requests and seconds of `cierre contract` and of plain schemathesis."""
    chosen: dict[str, Any] = {"examples": examples, "seed": seed}
    with TemporaryDirectory(prefix="cierre-contract-tests-") as name:
        folder = Path(name)
        makers: dict[str, Callable[[], Row]] = {
            "flask": lambda: _planted("Flask, planted", applications.flask(), flask_shop, folder, chosen),
            "fastapi": lambda: _planted("FastAPI, planted", applications.fastapi(), fastapi_books, folder, chosen),
            "httpbin": lambda: _httpbin(folder, chosen),
            "cierre": lambda: Row(ours.TITLE, *ours.compare(folder / "ours", **chosen)),
        }
        rows = [makers[one]() for one in only]
    click.echo("\n".join(table(rows)))


def _planted(title: str, app: AbstractContextManager[str], module: Any, folder: Path, chosen: dict[str, Any]) -> Row:
    spec = folder / f"{module.__name__}.json"
    spec.write_text(json.dumps(module.DOCUMENT), encoding="utf-8")
    with app as url:
        mine = cierre(url, spec, TOKEN, folder / title / "cierre", **chosen)
        theirs = schemathesis(url, spec, TOKEN, folder / title / "schemathesis", **chosen)
    return Row(title, module.BUGS, mine, theirs)


def _httpbin(folder: Path, chosen: dict[str, Any]) -> Row:
    with applications.httpbin(SCRATCH / "httpbin") as url:
        spec = folder / "httpbin.json"
        spec.write_text(json.dumps(applications.httpbin_document(url)), encoding="utf-8")
        mine = cierre(url, spec, "", folder / "httpbin" / "cierre", **chosen)
        theirs = schemathesis(url, spec, "", folder / "httpbin" / "schemathesis", **chosen)
    return Row("httpbin 0.10.4, of others", (), mine, theirs)


def table(rows: list[Row]) -> Iterator[str]:
    """Rows of a Markdown table, and what stands behind its numbers."""
    yield "| application | tool | bugs found | false findings | requests | seconds |"
    yield "|---|---|---:|---:|---:|---:|"
    for row in rows:
        for tool, outcome in (("`cierre contract`", row.ours), ("schemathesis", row.theirs)):
            found, false = f"{len(_broken(outcome))} operations", "unknown"
            if row.planted:
                found, false = f"{len(outcome.bugs)} of {len(row.planted)}", str(len(outcome.false))
            numbers = f"{outcome.requests:,} | {outcome.seconds:.0f}"
            yield f"| {row.title} | {tool} | {found} | {false} | {numbers} |"
    for row in rows:
        yield from _behind(row)


def _broken(outcome: Outcome) -> set[str]:
    return {one.operation for one in outcome.problems}


def _behind(row: Row) -> Iterator[str]:
    for tool, outcome in (("cierre contract", row.ours), ("schemathesis", row.theirs)):
        missed = [bug for bug in row.planted if bug not in outcome.bugs]
        missing = f" missed {', '.join(missed) or 'nothing'}" if row.planted else ""
        yield f"\n{row.title}, {tool}:{missing}"
        for one in outcome.false if row.planted else outcome.problems:
            yield f"  {'false: ' if row.planted else ''}{one.operation} {one.kind}"
    if not row.planted:
        only = sorted(_broken(row.theirs) - _broken(row.ours))
        yield f"  broken by schemathesis alone: {', '.join(only) or 'none'}"


if __name__ == "__main__":
    main()
