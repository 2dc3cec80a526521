"""The error of commands that cannot do it with what was given."""

import click


class Unusable(click.ClickException):
    """It cannot be done with what was given."""

    exit_code = 2
