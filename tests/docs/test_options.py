"""Every option of the three big commands is told in docs/."""

import re

import click
import pytest

from cierre.cli import cli
from tests.support.paths import ROOT

TEXT = "\n".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))


def options(name):
    """The long names of a command's options; of two that are opposites the first."""
    command = cli.get_command(click.Context(cli), name)
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            yield next(one for one in option.opts if one.startswith("--")), tuple(option.secondary_opts)


@pytest.mark.parametrize("command", ["serve", "mock", "contract"])
def test_every_option_is_told(command):
    untold = [option for option, opposite in options(command) if not any(_occurs(one) for one in (option, *opposite))]
    assert untold == []


def _occurs(option):
    return re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", TEXT) is not None
