"""`cierre contract URL`: test a running server against its contract."""

from __future__ import annotations

import gc
import random
import sys
from gettext import gettext as _
from pathlib import Path

import click

from cierre.cli.options import DURATION, allow_refs_option
from cierre.phrases import phrase_of

# Objects that are made before the collector looks for those that nobody uses; most of a run's requests are kept anyway.
YOUNG = 20_000
DIALECTS = ("session", "envelope", "respuesta", "dto", "plain")


@click.command("contract")
@click.argument("url")
@click.option(
    "--spec",
    metavar="SPEC",
    envvar="CIERRE_SPEC",
    help="An OpenAPI document: a file, or an address of http or https. Default: Cierre's own contract, with the rules "
    "of closing a session.",
)
@allow_refs_option
@click.option(
    "--auth",
    type=click.Path(path_type=Path),
    envvar="CIERRE_AUTH",
    help="Credentials for --spec: see docs/contract-tests.md.",
)
@click.option(
    "--other-auth",
    type=click.Path(path_type=Path),
    envvar="CIERRE_OTHER_AUTH",
    help="Credentials of a second user, in the form of --auth: what the first one makes must be closed to this one.",
)
@click.option(
    "--security",
    is_flag=True,
    envvar="CIERRE_SECURITY",
    help="Try what a client must not: other users' things, roles, members that are the server's, injection, long "
    "inputs. For a server whose data may change.",
)
@click.option(
    "--without",
    multiple=True,
    metavar="CHECK",
    envvar="CIERRE_WITHOUT",
    help="Leave a check out, by its name in reports or a pattern; several times for several.",
)
@click.option(
    "--dialect",
    type=click.Choice(DIALECTS),
    envvar="CIERRE_DIALECT",
    help="Test the view of one audience, at its host.",
)
@click.option(
    "--examples",
    type=click.IntRange(1),
    default=50,
    show_default=True,
    envvar="CIERRE_EXAMPLES",
    help="Generated requests for each operation.",
)
@click.option("--seed", type=int, envvar="CIERRE_SEED", help="Repeats a run. [default: a new one, which is printed]")
@click.option(
    "--operations",
    metavar="PATTERN",
    envvar="CIERRE_OPERATIONS",
    help="Only these: a pattern for operationId, path or `METHOD /path`.",
)
@click.option(
    "--patience",
    type=DURATION,
    default="5s",
    show_default=True,
    envvar="CIERRE_PATIENCE",
    help="How long a client waits for an answer.",
)
@click.option(
    "--report",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="CIERRE_REPORT",
    help="Write JUnit, SARIF, HAR, JSON and HTML reports into this directory.",
)
@click.option(
    "--baseline",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="CIERRE_BASELINE",
    help="A report.json of an earlier run: what it found does not fail this one.",
)
@click.option("--fail-fast", is_flag=True, envvar="CIERRE_FAIL_FAST", help="Stop at the first finding.")
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    envvar="CIERRE_WORKERS",
    help="Operations of --spec that are tested side by side.",
)
@click.option(
    "--limits",
    is_flag=True,
    envvar="CIERRE_LIMITS",
    help="The server limits requests: spend its quotas on purpose at the end, and test the refusals.",
)
@click.option("--user", default="usuario@ejemplo.com", show_default=True, envvar="CIERRE_USER", help="Who logs in.")
@click.option(
    "--password", default="cierre-demo", show_default="the demo's", envvar="CIERRE_PASSWORD", help="Password of --user."
)
@click.option(
    "--admin-user", default="admin@ejemplo.com", show_default=True, envvar="CIERRE_ADMIN_USER", help="An administrator."
)
@click.option(
    "--admin-password",
    default="cierre-demo",
    show_default="the demo's",
    envvar="CIERRE_ADMIN_PASSWORD",
    help="Password of --admin-user.",
)
@click.option(
    "--client",
    default="demo-resource",
    show_default=True,
    envvar="CIERRE_CLIENT",
    help="A confidential client, which may introspect tokens.",
)
@click.option(
    "--client-secret",
    default="cierre-demo",
    show_default="the demo's",
    envvar="CIERRE_CLIENT_SECRET",
    help="Secret of --client.",
)
def command(
    *,
    url: str,
    report: Path | None,
    baseline: Path | None,
    seed: int | None,
    auth: Path | None,
    other_auth: Path | None,
    security: bool,
    without: tuple[str, ...],
    spec: str | None,
    allow_refs: tuple[str, ...],
    dialect: str | None,
    user: str,
    password: str,
    admin_user: str,
    admin_password: str,
    client: str,
    client_secret: str,
    examples: int,
    operations: str | None,
    patience: int,
    fail_fast: bool,
    limits: bool,
    workers: int,
) -> None:
    """Test the server at URL against its contract.

    Exit code 0: the contract holds. 1: it is broken. 2: the tests could not run.
    """
    gc.set_threshold(YOUNG, 20, 20)
    # Here, since schemathesis takes a second to load and --help should not.
    from rich.console import Console

    from cierre.contract_tests.cierre.accounts import Accounts
    from cierre.contract_tests.findings import CouldNotRun
    from cierre.contract_tests.plan import plan
    from cierre.contract_tests.report import baseline as known
    from cierre.contract_tests.report import write
    from cierre.contract_tests.report.console import listener, summary
    from cierre.contract_tests.report.github import commands
    from cierre.contract_tests.run import Options
    from cierre.contract_tests.selection import select_contract

    if spec is None and workers > 1:
        raise click.ClickException(_("--workers is for --spec: what is tested of our own contract shares its sessions"))
    seed = random.SystemRandom().getrandbits(32) if seed is None else seed
    accounts = Accounts(user, password, admin_user, admin_password, client, client_secret)
    options = Options(
        url=url,
        examples=examples,
        seed=seed,
        operations=operations,
        patience=patience / 1000,
        fail_fast=fail_fast,
        limits=limits,
        workers=workers,
        security=security,
        without=without,
    )
    console = Console(soft_wrap=True)
    try:
        expected = frozenset() if baseline is None else known.read(baseline)
        contract = select_contract(
            spec=spec,
            auth_file=auth,
            other_auth_file=other_auth,
            dialect=dialect,
            accounts=accounts,
            allow_refs=allow_refs,
        )
        task = plan(contract, options)
        # What is loaded by now stays to the end: the collector need not look through it again and again.
        gc.freeze()
        with listener() as shown:
            result = task.run(shown)
    except CouldNotRun as problem:
        raise click.ClickException(phrase_of(problem).translated()) from problem
    known.set_aside(result, expected)
    summary(result, task.document, task.secrets, console)
    for line in commands(result, task.secrets, spec):
        click.echo(line)
    if report is not None:
        for path in write(result, task.document, task.secrets, report):
            console.print(_("wrote {path}").format(path=path), markup=False, highlight=False)
    sys.exit(result.exit_code)
