"""`cierre audit export`: the audit trail as a file for other programs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cierre.cli import options
from cierre.cli.administration import run_operation
from cierre.cli.audit_list import as_json, chosen, filters

if TYPE_CHECKING:
    from cierre.domain.context import OperationContext
    from cierre.storage.rows import AuditEventRow

_PAGE = 5_000
_NUMBERS = ("seq", "sessions_closed", "session_duration", "attempts")
# Spreadsheets carry out a cell that begins so, and clients choose what user agents and reasons say.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_SUFFIXES = (".csv", ".parquet")

Write = Callable[[Sequence["AuditEventRow"]], None]


def _file(text: str) -> Path:
    path = Path(text)
    if path.suffix not in _SUFFIXES:
        raise ValueError(
            _("{text!r} is neither CSV nor Parquet: write a name that ends in {names}").format(
                text=text, names=_(" or ").join(_SUFFIXES)
            )
        )
    return path


@click.command(name="export")
@click.argument("file", type=options.Parsed("file", _file))
@filters
@options.database_url
@options.data_dir
def command(file: Path, database_url: str | None, data_dir: Path, **given: Any) -> None:
    """Write events into FILE, oldest first.

    CSV or Parquet, as its name ends. Its owner alone may read the file; one that is there is replaced when the new
    one is whole.
    """

    async def do(context: OperationContext) -> int:
        from cierre.storage.repositories import audit

        where = await chosen(context, given)
        count = 0
        with _replacing(file) as new, (_csv if file.suffix == ".csv" else _parquet)(new) as write:
            async for rows in audit.oldest_first(context.tx, page=_PAGE, **where):
                write(rows)
                count += len(rows)
        return count

    if not file.parent.is_dir():
        raise click.UsageError(_("there is no folder {parent}").format(parent=file.parent))
    click.echo(_("{count} events in {file}").format(count=run_operation(database_url, data_dir, do), file=file))


@contextmanager
def _replacing(file: Path) -> Iterator[Path]:
    """A new file beside it, which takes its place at the end of the block."""
    from cierre import private_files

    new = file.with_name(f".{file.name}.{os.getpid()}")
    private_files.make_file(new)
    try:
        yield new
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)


def _columns() -> list[str]:
    from cierre.storage.rows import AuditEventRow

    return list(AuditEventRow.__annotations__)


@contextmanager
def _csv(path: Path) -> Iterator[Write]:
    import csv

    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_columns())

        def write(rows: Sequence[AuditEventRow]) -> None:
            writer.writerows([[_cell(value) for value in as_json(row).values()] for row in rows])

        yield write


def _cell(value: Any) -> Any:
    """A value for a spreadsheet; a text that would be a formula there begins with an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULAS) else value


@contextmanager
def _parquet(path: Path) -> Iterator[Write]:
    from cierre import extras

    with extras.named_when_missing():
        import pyarrow as pa
        from pyarrow import parquet

    types = dict.fromkeys(_columns(), pa.string())
    types |= dict.fromkeys(_NUMBERS, pa.int64())
    types |= {"timestamp": pa.timestamp("ms", tz="UTC"), "success": pa.bool_()}
    schema = pa.schema(list(types.items()))
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:

        def write(rows: Sequence[AuditEventRow]) -> None:
            events = [{**dict(row), "success": bool(row["success"])} for row in rows]
            writer.write_table(pa.Table.from_pylist(events, schema=schema))

        yield write
