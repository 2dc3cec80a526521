"""Which contract a command tests: Cierre's own, or anybody's."""

from __future__ import annotations

from pathlib import Path

from cierre.contract_tests.cierre.accounts import DEMO, Accounts
from cierre.contract_tests.cierre.extension import cierre_contract
from cierre.contract_tests.findings import CouldNotRun
from cierre.contract_tests.plan import read_contract
from cierre.contract_tests.run import Contract


def select_contract(
    *,
    spec: Path | None = None,
    auth_file: Path | None = None,
    dialect: str | None = None,
    accounts: Accounts = DEMO,
) -> Contract:
    """The contract of `spec`, or without it Cierre's own.

    Args:
        spec: an OpenAPI document.
        auth_file: the authentication file for `spec`.
        dialect: the view of Cierre's own contract, at its host; None is all of it.
        accounts: who logs in with Cierre's own contract.

    Raises:
        CouldNotRun: a file cannot be read, or options contradict each other.
    """
    if spec is None and auth_file is not None:
        raise CouldNotRun("--auth is for --spec: our own contract logs in with --user and --admin-user")
    if spec is not None and dialect is not None:
        raise CouldNotRun("--dialect is a view of our own contract, not of --spec")
    return cierre_contract(dialect, accounts) if spec is None else read_contract(spec, auth_file)
