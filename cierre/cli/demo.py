"""`cierre demo`: a story that shows what closing a session means. Its data is in `cierre.cli.demo_data`."""

from __future__ import annotations

from pathlib import Path

import click

from cierre.cli import options


@click.command(name="demo", short_help="Play the closing of sessions on two nodes.")
@options.option(
    "--pause", "How long each step is left to be read.", type=options.DURATION, default="6s", show_default=True
)
@options.option(
    "--svg",
    "File for a picture of it all; its folder is made.",
    type=click.Path(dir_okay=False, path_type=Path),
)
def command(pause: int, svg: Path | None) -> None:
    """Play in a minute what closing a session means.

    Two devices log in, one closes both, and the other's token is refused on a second node; then the audit trail, the
    event, and a second logout in the five dialects. Every answer is that of a real node: two processes on a SQLite
    database that is gone afterwards.
    """
    # Imported late: the demo needs the service, `--help` does not.
    from cierre.cli.screen import play

    play(pause=pause / 1000, svg=svg)
