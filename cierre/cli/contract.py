"""`cierre contract URL`: test a running server against its contract."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import click

DIALECTS = ("session", "envelope", "respuesta", "dto", "plain")


@click.command("contract")
@click.argument("url")
@click.option(
    "--spec",
    type=click.Path(path_type=Path),
    envvar="CIERRE_SPEC",
    help="An OpenAPI document. Default: Cierre's own contract, with the rules of closing a session.",
)
@click.option(
    "--auth",
    type=click.Path(path_type=Path),
    envvar="CIERRE_AUTH",
    help="Credentials for --spec: see docs/contract-tests.md.",
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
    help="Fuzzed cases an operation.",
)
@click.option("--seed", type=int, envvar="CIERRE_SEED", help="Repeat a run. Default: a new one, which is printed.")
@click.option(
    "--operations",
    metavar="PATTERN",
    envvar="CIERRE_OPERATIONS",
    help="Only these: a pattern for operationId, path or `METHOD /path`.",
)
@click.option(
    "--patience",
    type=click.FloatRange(0.05),
    default=5.0,
    show_default=True,
    envvar="CIERRE_PATIENCE",
    help="Seconds that a client waits for an answer.",
)
@click.option(
    "--report",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="CIERRE_REPORT",
    help="Write JUnit, HAR, JSON and HTML reports into this directory.",
)
@click.option("--fail-fast", is_flag=True, envvar="CIERRE_FAIL_FAST", help="Stop at the first finding.")
@click.option("--user", default="usuario@ejemplo.com", show_default=True, envvar="CIERRE_USER")
@click.option("--password", default="cierre-demo", show_default="the demo's", envvar="CIERRE_PASSWORD")
@click.option("--admin-user", default="admin@ejemplo.com", show_default=True, envvar="CIERRE_ADMIN_USER")
@click.option("--admin-password", default="cierre-demo", show_default="the demo's", envvar="CIERRE_ADMIN_PASSWORD")
@click.option("--client", default="demo-resource", show_default=True, envvar="CIERRE_CLIENT", help="May introspect.")
@click.option("--client-secret", default="cierre-demo", show_default="the demo's", envvar="CIERRE_CLIENT_SECRET")
def command(
    *,
    url: str,
    report: Path | None,
    seed: int | None,
    auth: Path | None,
    spec: Path | None,
    dialect: str | None,
    user: str,
    password: str,
    admin_user: str,
    admin_password: str,
    client: str,
    client_secret: str,
    examples: int,
    operations: str | None,
    patience: float,
    fail_fast: bool,
) -> None:
    """Test the server at URL against its contract.

    Exit code 0: the contract holds. 1: it is broken. 2: the tests could not run.
    """
    # Here, since schemathesis takes a second to load and --help should not.
    from rich.console import Console

    from cierre.contract_tests.cierre.accounts import Accounts
    from cierre.contract_tests.findings import CouldNotRun
    from cierre.contract_tests.plan import plan
    from cierre.contract_tests.report import write
    from cierre.contract_tests.report.console import listener, summary
    from cierre.contract_tests.run import Options
    from cierre.contract_tests.selection import select_contract

    seed = random.SystemRandom().getrandbits(32) if seed is None else seed
    accounts = Accounts(user, password, admin_user, admin_password, client, client_secret)
    options = Options(
        url=url, examples=examples, seed=seed, operations=operations, patience=patience, fail_fast=fail_fast
    )
    console = Console(soft_wrap=True)
    try:
        task = plan(select_contract(spec=spec, auth_file=auth, dialect=dialect, accounts=accounts), options)
        with listener() as shown:
            result = task.run(shown)
    except CouldNotRun as problem:
        raise click.ClickException(str(problem)) from problem
    summary(result, task.document, task.secrets, console)
    if report is not None:
        for path in write(result, task.document, task.secrets, report):
            console.print(f"wrote {path}", markup=False, highlight=False)
    sys.exit(result.exit_code)
