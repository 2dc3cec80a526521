"""`cierre completion`: what makes a shell complete `cierre`'s commands and options; click's own scripts."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the completion script of a shell.

    bash, in ~/.bashrc: eval "$(cierre completion bash)"

    zsh, in ~/.zshrc: eval "$(cierre completion zsh)"

    fish: cierre completion fish > ~/.config/fish/completions/cierre.fish
    """
    from cierre.cli import cli

    script = get_completion_class(shell)
    assert script is not None
    click.echo(script(cli, {}, "cierre", "_CIERRE_COMPLETE").source())
