"""From the options of the command line to a run that can start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cierre import oas
from cierre.contract_tests import auth
from cierre.contract_tests.documents import Document
from cierre.contract_tests.findings import CouldNotRun, Report
from cierre.contract_tests.runner import Extension, Listener, Options, Run, execute
from cierre.contract_tests.secrets import Secrets


@dataclass(frozen=True)
class Users:
    """Who logs in with our own contract: somebody, an administrator, and a confidential client."""

    user: str
    password: str
    admin_user: str
    admin_password: str
    client: str
    client_secret: str


DEMO = Users("usuario@ejemplo.com", "cierre-demo", "admin@ejemplo.com", "cierre-demo", "demo-resource", "cierre-demo")


@dataclass
class Plan:
    """A run that can start."""

    options: Options
    extension: Extension | None
    secrets: Secrets

    @property
    def document(self) -> Document:
        return self.options.document

    def run(self, listener: Listener) -> Report:
        """Test, and keep what the reports must hide."""
        run = Run(self.options, listener, self.secrets)
        return execute(run, self.extension)


def plan(*, spec: Path | None, auth_file: Path | None, dialect: str | None, users: Users, **options: Any) -> Plan:
    """The contract of `spec`, or our own.

    Raises:
        CouldNotRun: a file cannot be read, or options contradict each other.
    """
    if spec is None:
        if auth_file is not None:
            raise CouldNotRun("--auth is for --spec: our own contract logs in with --user and --admin-user")
        # Here, as it loads our contract, which others don't need.
        from cierre.contract_tests.cierre.extension import LASTING, REFUSALS, ours  # noqa: PLC0415

        document, entries, headers, extension = ours(dialect, users)
        chosen = Options(
            document=document, entries=entries, headers=headers, refusals=REFUSALS, lasting=LASTING, **options
        )
        return _plan(chosen, extension)
    if dialect is not None:
        raise CouldNotRun("--dialect is a view of our own contract, not of --spec")
    entries = tuple(auth.read(auth_file)) if auth_file is not None else ()
    return _plan(Options(document=load(spec), entries=entries, **options), None)


def _plan(options: Options, extension: Extension | None) -> Plan:
    secrets = Secrets()
    for entry in options.entries:
        for value, name in entry.hidden.items():
            secrets.keep(name, value)
    return Plan(options, extension, secrets)


def load(path: Path) -> Document:
    """An OpenAPI document; references to other files are bundled."""
    try:
        return oas.bundle(oas.load(path))
    except oas.ContractError as problem:
        raise CouldNotRun(f"{path}: {problem}") from problem
