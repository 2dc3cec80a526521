"""`cierre manual`: one man page with every command and option."""

import shutil
import subprocess

import click
import pytest

from cierre.cli import cli
from cierre.cli.manual import command
from cierre.cli.manual import page as manual
from tests.cierre.cli.test_help import COMMANDS
from tests.conftest import missing


@pytest.fixture(scope="module")
def page():
    return manual(click.Context(cli, info_name="cierre"))


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_is_told_with_its_options(page, path):
    heading = ".TH CIERRE 1" if path == "cierre" else f".SS {path.replace('-', chr(92) + '-')}\n"
    section = page.partition(heading)[2].partition("\n.SS ")[0]
    assert section
    for option in COMMANDS[path].params:
        if isinstance(option, click.Option) and not option.hidden:
            assert option.opts[-1].replace("-", "\\-") in section


def test_it_is_plain_ascii_and_troff_warns_of_nothing(page):
    assert page.isascii()
    assert not [line for line in page.splitlines() if line.startswith("'")]
    if shutil.which("groff") is None:
        missing("groff is not here (Debian's package groff-base): no page was set")
    # -ww: all warnings; -z: no output.
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-z"], input=page, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


def test_what_roff_would_read_as_a_request_is_text():
    one = click.Command("one", help=".cierre is a folder, \\ a backslash…")
    assert "\n\\&.cierre is a folder, \\e a backslash\\[u2026]\n" in manual(
        click.Context(click.Group("cierre", [one], help="Cierre: a group."), info_name="cierre")
    )


def test_its_date_is_the_releases(monkeypatch, capsys):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    command(standalone_mode=False, args=[])
    assert capsys.readouterr().out.startswith('.TH CIERRE 1 2023-11-14 "cierre ')
