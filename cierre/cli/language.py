"""The language of the command line: Spanish or English, as LANGUAGE, LC_ALL, LC_MESSAGES or LANG asks.

click looks its own words up by `gettext.gettext`, in the domain that is set here; ours stand in the same catalogue,
`cierre/cli/locale/es/LC_MESSAGES/cierre.po`.
"""

from __future__ import annotations

import copy
import gettext
import inspect
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import click

from cierre.phrases import Phrase

DOMAIN = "cierre"
LOCALES = Path(__file__).parent / "locale"

Language = Literal["en", "es"]
# What click calls values, and has in English alone.
_VALUES = {
    name: Phrase(name)
    for name in ("COMMAND [ARGS]...", "FILENAME", "FLOAT RANGE", "INTEGER", "INTEGER RANGE", "TEXT", "[OPTIONS]")
}


def asked(environ: Mapping[str, str]) -> Language:
    """The language of an environment; English where it asks for neither. An empty variable asks for nothing.

    As GNU gettext has it, LANGUAGE is a list by preference, which counts only where the locale is not C.
    """
    locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "C")
    wanted = environ.get("LANGUAGE", "").split(":") if locale.partition(".")[0] not in {"C", "POSIX"} else []
    for one in filter(None, [*wanted, locale]):
        if one.startswith("es"):
            return "es"
        if one.startswith("en"):
            return "en"
    return "en"


def speak(environ: Mapping[str, str] = os.environ) -> None:
    """Translate what this process says from now on."""
    if asked(environ) == "es":
        gettext.bindtextdomain(DOMAIN, str(LOCALES))
        gettext.textdomain(DOMAIN)


def translated(command: click.Command) -> click.Command:
    """A copy of the command, and of those below it, with its help in the language that this process speaks."""
    other = copy.copy(command)
    other.help, other.short_help, other.epilog = (
        _in_catalogue(text) for text in (other.help, other.short_help, other.epilog)
    )
    other.params = [_with_help(param) for param in command.params]
    if other.options_metavar:
        other.options_metavar = _value(other.options_metavar)
    if isinstance(other, click.Group):
        other.subcommand_metavar = _value(other.subcommand_metavar)
        other.commands = {name: translated(below) for name, below in other.commands.items()}
    return other


def message_of(text: str) -> str:
    """A help text as the catalogue has it: each paragraph on one line."""
    return "\n\n".join(" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n"))


def _in_catalogue(text: str | None) -> str | None:
    return gettext.gettext(message_of(text)) if text else text


def _with_help(param: click.Parameter) -> click.Parameter:
    if not isinstance(param, click.Option):
        return param
    other = copy.copy(param)
    other.help = _in_catalogue(param.help)
    name = param.type.name.upper()
    if param.metavar is None and param.nargs == 1 and name in _VALUES:
        other.metavar = _value(name)
    return other


def _value(name: str) -> str:
    return _VALUES[name].translated() if name in _VALUES else name
