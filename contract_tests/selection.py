"""Which contract a command tests: Cierre's own, or anybody's."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from cierre.contract_tests.cierre.accounts import DEMO, Accounts
from cierre.contract_tests.cierre.extension import cierre_contract
from cierre.contract_tests.findings import CouldNotRun
from cierre.contract_tests.plan import read_contract
from cierre.contract_tests.run import Contract
from cierre.phrases import Phrase


def select_contract(
    *,
    spec: str | Path | None = None,
    auth_file: Path | None = None,
    other_auth_file: Path | None = None,
    dialect: str | None = None,
    accounts: Accounts = DEMO,
    allow_refs: Collection[str] = (),
) -> Contract:
    """The contract of `spec`, or without it Cierre's own.

    Args:
        spec: an OpenAPI document: a file, or an address of http or https.
        auth_file: the authentication file for `spec`.
        other_auth_file: another user's, to whom nothing of the first belongs.
        dialect: the view of Cierre's own contract, at its host; None is all of it.
        accounts: who logs in with Cierre's own contract.
        allow_refs: what `spec` may refer to beside its own folder, as `cierre.oas.read` takes it.

    Raises:
        CouldNotRun: a file cannot be read, or options contradict each other.
    """
    if spec is None and auth_file is not None:
        raise CouldNotRun(Phrase("--auth is for --spec: our own contract logs in with --user and --admin-user"))
    if other_auth_file is not None and (spec is None or auth_file is None):
        raise CouldNotRun(
            Phrase("--other-auth is the second user of --spec: it goes with --auth, which gives the first")
        )
    if spec is not None and dialect is not None:
        raise CouldNotRun(Phrase("--dialect is a view of our own contract, not of --spec"))
    if spec is None:
        return cierre_contract(dialect, accounts)
    return read_contract(spec, auth_file, allow_refs, other_auth_file)
