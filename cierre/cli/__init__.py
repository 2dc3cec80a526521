"""The command line. Each command is a module of this package, imported when it is called: `cierre mock` starts
without loading a database driver, and `cierre --help` without loading anything.
"""

from __future__ import annotations

import importlib
import sys

import click

from cierre import extras

COMMANDS = {
    "serve": "Run the service.",
    "mock": "Answer from an OpenAPI document, without a backend.",
    "spec": "Lint, bundle, view and compare contracts.",
    "contract": "Test a running server against its contract.",
    "db": "Migrate the database.",
    "users": "Add users; change their role, password and state.",
    "clients": "Register the clients that log in.",
    "sessions": "List and close sessions.",
    "keys": "Make, list and rotate the signing keys.",
    "audit": "Keep and erase the audit trail.",
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
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cierre")
def cli() -> None:
    """Cierre: one contract for closing sessions, and what lives off it."""


def main() -> None:
    """Run the command line; a user's mistake is one line on stderr and exit code 2."""
    try:
        with extras.named_when_missing():
            sys.exit(cli(standalone_mode=False) or 0)
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
        click.echo(f"cierre: a value is not UTF-8: {mistake.object!a}", err=True)
        sys.exit(2)
    except OSError as failure:
        click.echo(f"cierre: {failure.filename or 'standard output'}: {failure.strerror}", err=True)
        sys.exit(2)
    except click.ClickException as mistake:
        click.echo(f"cierre: {mistake.format_message()}", err=True)
        sys.exit(2)
