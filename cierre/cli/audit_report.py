"""`cierre audit report`: what closings have in common, as tables, in the terminal and as a picture."""

from __future__ import annotations

from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cierre.cli import options
from cierre.cli.administration import run_operation
from cierre.settings import DAY

if TYPE_CHECKING:
    from cierre.domain.audit_report import AuditReport
    from cierre.domain.context import OperationContext


def _png(text: str) -> Path:
    if not text.endswith(".png"):
        raise ValueError(_("{text!r} is no PNG: write a name that ends in .png").format(text=text))
    return Path(text)


@click.command(name="report")
@options.option("--since", "Closings of so long.", type=options.DURATION, default="30d", show_default=True)
@options.option("--png", "A picture of it, too.", type=options.Parsed("file", _png))
@options.option("--json", "One JSON object instead of tables.", is_flag=True)
@options.database_url
@options.data_dir
def command(since: int, png: Path | None, json: bool, database_url: str | None, data_dir: Path) -> None:
    """Count closed sessions by what they have in common.

    By type, reason, hour of the day (UTC), and how long they were open.
    """
    from cierre import extras
    from cierre.domain import audit_report

    # What is missing is found out before the database is asked.
    with extras.named_when_missing("reports"):
        if png is not None:
            import matplotlib as mpl

            mpl.use("Agg")
        if not json:
            import rich  # noqa: F401

    async def do(context: OperationContext) -> AuditReport:
        return await audit_report.report(context.tx, from_time=context.now - max(since, 1), to_time=context.now + DAY)

    found = run_operation(database_url, data_dir, do)
    if json:
        _print_json(found)
    else:
        _print_tables(found)
    if png is not None:
        _draw(found, png)


def _print_json(found: AuditReport) -> None:
    import orjson

    from cierre.clock import rfc3339

    sections = {"types": found.types, "reasons": found.reasons, "hours": found.hours, "lengths": found.lengths}
    click.echo(orjson.dumps({"from": rfc3339(found.from_time), "total": found.total, **sections}).decode())


def _print_tables(found: AuditReport) -> None:
    from rich.bar import Bar
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from cierre.server.printable import printable

    console = Console()
    console.print(Text(_title(found)))
    for title, counts in found.sections.items():
        table = Table(title=title.translated(), title_justify="left", box=None, show_header=False, pad_edge=False)
        table.add_column(max_width=40)
        table.add_column(width=30)
        table.add_column(justify="right")
        table.add_column(justify="right")
        most = max(counts.values(), default=0)
        for name, count in counts.items():
            share = f"{count / found.total:.1%}" if count else ""
            # Reasons may be anybody's words: they are no markup, and nothing that a terminal carries out.
            table.add_row(Text(printable(name)), Bar(max(most, 1), 0, count), str(count), share)
        console.print()
        console.print(table)


def _title(found: AuditReport) -> str:
    from cierre.clock import rfc3339

    return _("{count} sessions closed since {time}").format(count=found.total, time=rfc3339(found.from_time))


def _draw(found: AuditReport, png: Path) -> None:
    import matplotlib.pyplot as plt

    from cierre.server.printable import printable

    figure, axes = plt.subplots(2, 2, figsize=(12, 8), layout="constrained")
    figure.suptitle(_title(found))
    for axis, (title, counts) in zip(axes.flat, found.sections.items(), strict=True):
        # A dollar sign would begin a formula.
        names = [printable(name).replace("$", r"\$") for name in counts]
        bars = axis.bar(names, list(counts.values()), color="#33658a")
        axis.bar_label(bars, [f"{count / found.total:.0%}" if count else "" for count in counts.values()], fontsize=7)
        axis.set_title(title.translated())
        axis.tick_params(axis="x", labelrotation=45, labelsize=8)
    figure.savefig(png, dpi=110)
    plt.close(figure)
