"""The documents that `cierre mock` serves: one, or several as `users=a.yaml billing=b.yaml`, and their base paths."""

from __future__ import annotations

import re
from gettext import gettext as _
from pathlib import Path
from typing import Any

import click

from cierre.cli.options import DURATION, Parsed, option

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*\Z")
_BASE = re.compile(r"(/[A-Za-z0-9._~-]+)*\Z")
# What there is one of in a process, or what is said of one document.
_OF_ONE = ("webhook", "explain", "data", "state", "state_model", "scenario", "examples")


def read_base(text: str) -> str:
    """A base path without a slash at its end; "" for `/`.

    Raises:
        ValueError: it is none.
    """
    base = text.rstrip("/")
    if not _BASE.match(base) or "__mock" in base.split("/"):
        raise ValueError(_("{text!r} is no base path: write /v1").format(text=text))
    return base


OPTIONS = (
    option(
        "--watch/--no-watch",
        "Serve edits of the document's files, and what is new at its addresses.",
        default=True,
        show_default=True,
    ),
    option(
        "--watch-every",
        "How often a document at an address is asked for again.",
        type=DURATION,
        default="5s",
        show_default=True,
    ),
    option("--base-path", "What the paths of requests begin with: /v1.", type=Parsed("path", read_base), default=""),
)


def named_documents(given: dict[str, Any]) -> dict[str, str]:
    """By base path the document of each `NAME=SPEC`; none where one document is served without a name.

    Raises:
        click.UsageError: names or options do not fit several documents; the message says what to write.
    """
    written = [*([given["spec"]] if given["spec"] is not None else []), *given["more"]]
    pairs = [one.partition("=") for one in written]
    is_named = [
        bool(equals) and bool(_NAME.match(name)) and not Path(name + "=" + spec).exists()
        for name, equals, spec in pairs
    ]
    if not any(is_named) and len(written) < 2:
        return {}
    if not all(is_named):
        raise click.UsageError(_("of several documents each has a name: users=a.yaml billing=b.yaml"))
    names = [name for name, _equals, _spec in pairs]
    if len(set(names)) < len(names):
        raise click.UsageError(_("{names}: each document has another name").format(names=", ".join(names)))
    unsuitable = [f"--{name.replace('_', '-')}" for name in _OF_ONE if given[name]]
    if unsuitable:
        raise click.UsageError(_("{names}: for one document, without a name").format(names=", ".join(unsuitable)))
    return {f"{given['base_path']}/{name}": spec for name, _equals, spec in pairs}
