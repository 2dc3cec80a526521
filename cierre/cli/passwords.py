"""A password for a command: from a file, a pipe, the environment or the terminal."""

from __future__ import annotations

import sys
from gettext import gettext as _
from typing import TYPE_CHECKING, TextIO

import click

from cierre.cli import options

if TYPE_CHECKING:
    from cierre.cli.options import Command


def password_options(command: Command) -> Command:
    """`--password` and `--password-file`; `given` makes one password of them."""
    one = options.option("--password", "The password; asked for on a terminal where it is not given.")
    file = options.option(
        "--password-file",
        "The file whose first line is the password; - reads a pipe.",
        type=click.File(encoding="utf-8"),
    )
    return one(file(command))


def given(password: str | None, file: TextIO | None) -> str:
    """The password that the user gave, or gives now.

    Raises:
        click.UsageError: it was given twice, or not at all and there is no terminal to ask on.
    """
    if file is not None:
        if password is not None:
            raise click.UsageError(_("the password is given twice: leave out --password (CIERRE_PASSWORD) or its file"))
        try:
            return file.readline().rstrip("\r\n")
        except UnicodeDecodeError:
            raise click.UsageError(_("{name}: is not UTF-8").format(name=file.name)) from None
    if password is not None:
        return password
    if sys.stdin is None or not sys.stdin.isatty():
        raise click.UsageError(
            _(
                "no password: without a terminal give it by --password-file FILE, by a pipe with --password-file -,"
                " or by CIERRE_PASSWORD"
            )
        )
    answer: str = click.prompt(_("Password"), hide_input=True)
    return answer
