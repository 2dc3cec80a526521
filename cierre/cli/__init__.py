"""The command line. Each command is a module of this package, imported when it is called: `cierre mock` starts
without loading a database driver, and `cierre --help` without loading anything.
"""

from __future__ import annotations

import errno
import gc
import importlib
import sys
from gettext import gettext as _

import click

from cierre import extras
from cierre.cli.language import speak, translated
from cierre.phrases import reason_of

# What writing to a pipe that nobody reads, a full disk or a closed descriptor fails with.
_OF_STANDARD_OUTPUT = frozenset({errno.EPIPE, errno.ENOSPC, errno.EBADF, errno.EIO, errno.EDQUOT, errno.EFBIG})

COMMANDS = {
    "serve": "Run the service.",
    "demo": "Play the closing of sessions on two nodes.",
    "mock": "Answer from an OpenAPI document, without a backend.",
    "proxy": "Hold a server to its OpenAPI document, request by request.",
    "spec": "Lint, bundle, view and compare contracts.",
    "contract": "Test a running server against its contract.",
    "db": "Migrate the database; print its roles.",
    "users": "Add users; change their role, password and state.",
    "clients": "Register the clients that log in; change their secrets.",
    "sessions": "List and close sessions.",
    "receivers": "Register who is told of closed sessions.",
    "deliveries": "List signals that were not delivered; try again.",
    "keys": "Make, list, rotate and encrypt the signing keys.",
    "audit": "List, export, draw, verify, prune and erase the audit trail.",
    "completion": "Print what makes bash, zsh or fish complete `cierre`.",
    "manual": "Print the man page.",
}


class LazyGroup(click.Group):
    """A group whose commands are imported on use: `cierre NAME` is `cierre.cli.NAME:command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"cierre.cli.{cmd_name}")
        command: click.Command = module.command
        return translated(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, _(words)) for name, words in COMMANDS.items()])


def _show_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    # click's own option would look its words up before it is known which language is spoken.
    if value and not ctx.resilient_parsing:
        # What reads it loads more than all else that `cierre --help` needs.
        from importlib.metadata import version

        words = _("%(prog)s, version %(version)s")
        click.echo(words % {"prog": ctx.find_root().info_name, "version": version("cierre")})
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_version,
    help="Show the version and exit.",
)
def cli() -> None:
    """Cierre: one contract for closing sessions, and what lives off it."""


def _description(failure: OSError) -> str:
    """What failed, and why. Sockets and what is built on them raise OSErrors as well, with or without a number."""
    why = reason_of(failure).translated()
    if failure.filename is not None:
        return f"{failure.filename}: {why}"
    return _("standard output: {reason}").format(reason=why) if failure.errno in _OF_STANDARD_OUTPUT else why


def _mistake(mistake: click.ClickException) -> str:
    """What click says, whose hint at a variable is in English alone."""
    return mistake.format_message().replace("(env var: ", f"({_('env var: {var}').format(var='')}")


def main() -> None:
    """Run the command line; a user's mistake is one line on stderr and exit code 2."""
    try:
        with extras.named_when_missing():
            speak()
            sys.exit(translated(cli)(standalone_mode=False) or 0)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.exceptions.NoArgsIsHelpError as nothing:
        click.echo(nothing.format_message(), err=True)
        sys.exit(2)
    except extras.ExtraNotInstalled as missing:
        click.echo(f"cierre: {missing}", err=True)
        sys.exit(2)
    except UnicodeEncodeError as mistake:
        click.echo("cierre: " + _("a value is not UTF-8: {value!a}").format(value=mistake.object), err=True)
        sys.exit(2)
    except OSError as failure:
        click.echo(f"cierre: {_description(failure)}", err=True)
        sys.exit(2)
    except click.ClickException as mistake:
        click.echo(f"cierre: {_mistake(mistake)}", err=True)
        sys.exit(2)
    finally:
        # What is left goes with the process; Python would look for cycles in it, for seconds after a big document.
        gc.freeze()
