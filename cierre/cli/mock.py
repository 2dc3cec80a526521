"""`cierre mock`: answer from an OpenAPI document, without a backend. Options are named as Prism names them."""

from __future__ import annotations

from gettext import gettext as _
from typing import TYPE_CHECKING, Any

import click

from cierre.cli.mock_documents import named_documents
from cierre.cli.mock_options import mock_options, options_of
from cierre.cli.mock_serving import loader, read_or_end, serve_documents, serve_stateful
from cierre.cli.mock_state import check_state_options, print_explanation, state_of
from cierre.phrases import phrase_of

if TYPE_CHECKING:
    from cierre.oas.document import Document


class _MockCommand(click.Command):
    """Reads options as Prism writes them, too."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        from cierre.cli.prism import translate

        return super().parse_args(ctx, translate(args))


@click.command("mock", cls=_MockCommand, context_settings={"help_option_names": ["--help"]})
@click.argument("spec", required=False, envvar="CIERRE_SPEC")
@click.argument("more", nargs=-1, metavar="[NAME=SPEC]...")
@mock_options
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Answer from an OpenAPI document: SPEC, or our own contract where none is given.

    SPEC is a file, or an address of http or https. Several are served as users=a.yaml billing=b.yaml, each below its
    name: /users, /billing.
    """
    from cierre.mocks.log import Log

    if given["spec"] is not None and given["dialect"]:
        raise click.UsageError(_("--dialect is about our own contract: leave SPEC out"))
    check_state_options(given)
    several = named_documents(given)
    log = Log(given["verbose_level"], as_json=given["json_log"])
    if given["stateful"] and given["spec"] is None:
        serve_stateful(ctx, given, log)
        return
    if several:
        loads = {
            base: loader(spec, None, given["allow_refs"], lenient=given["lenient"]) for base, spec in several.items()
        }
        serve_documents(given, loads, log, named=True)
        return
    load = loader(
        given["spec"], given["dialect"], given["allow_refs"], lenient=given["lenient"], examples=given["examples"]
    )
    if given["webhook"]:
        _send_webhook(read_or_end(load), given["webhook"], given["to"])
        return
    if given["explain"]:
        print_explanation(state_of(read_or_end(load), options_of(given), given))
        return
    serve_documents(given, {given["base_path"]: load}, log, named=False)


def _send_webhook(document: Document, name: str, url: str | None) -> None:
    import asyncio

    from cierre.mocks.callbacks import send_webhook

    if not url:
        raise click.UsageError(_("--webhook needs --to URL"))
    try:
        status = asyncio.run(send_webhook(document, name, url))
    except (LookupError, ValueError) as error:
        raise click.ClickException(phrase_of(error).translated()) from None
    click.echo(_("{name}: answered with {status}").format(name=name, status=status))
