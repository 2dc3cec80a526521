"""Prism's way to write options, understood by `cierre mock` or answered with what to use instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from gettext import gettext as _

import click

# `--name=true` and `--name=false`: the flags that stand for them; "" for the default.
_FLAGS = {
    "--cors": ("--cors", "--no-cors"),
    "--errors": ("--errors", ""),
    "--dynamic": ("--dynamic", ""),
    "-d": ("--dynamic", ""),
    "--json-schema-faker-fillProperties": ("--fill-properties", "--no-fill-properties"),
    "--callbacks": ("--callbacks", "--no-callbacks"),
}
_RENAMED = {"--verboseLevel": "--verbose-level"}
_LEVELS = {"trace": "info", "debug": "info", "fatal": "error", "success": "info", "note": "info"}
_LEVEL_OPTIONS = frozenset({"--verbose-level", "-v"})
# What there is no need for: one process answers a thousand requests a second.
_NEEDLESS = frozenset({"--multiprocess", "-m"})
_INSTEAD = {
    "--ignoreExamples": "use --dynamic, which makes bodies instead of showing examples",
    "--ignore-examples": "use --dynamic, which makes bodies instead of showing examples",
}


def translate(arguments: Sequence[str]) -> list[str]:
    """The arguments as `cierre mock` reads them.

    Raises:
        click.UsageError: an option of Prism has no counterpart; the message says what to use.
    """
    return list(_translated(list(arguments)))


def _translated(arguments: list[str]) -> Iterator[str]:
    is_level = False
    for argument in arguments:
        name, equals, value = argument.partition("=")
        name = _RENAMED.get(name, name)
        if is_level:
            is_level = False
            yield _LEVELS.get(argument, argument)
        elif name in _INSTEAD:
            raise click.UsageError(_("{name} is an option of Prism: {value}").format(name=name, value=_INSTEAD[name]))
        elif name in _NEEDLESS:
            continue
        elif name in _LEVEL_OPTIONS:
            is_level = not equals
            yield f"{name}={_LEVELS.get(value, value)}" if equals and name.startswith("--") else name
        elif name in _FLAGS and equals:
            yield from _flag(name, value)
        else:
            yield argument


def _flag(name: str, value: str) -> Iterator[str]:
    if value not in {"true", "false"}:
        raise click.UsageError(_("{name}={value}: write {name}=true or {name}=false").format(name=name, value=value))
    flag = _FLAGS[name][value == "false"]
    if flag:
        yield flag
