"""From a contract and the options of a command to a run that can start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cierre import oas
from cierre.contract_tests.auth import file
from cierre.contract_tests.documents import Document
from cierre.contract_tests.findings import CouldNotRun, Report
from cierre.contract_tests.run import Contract, Listener, Options, Run
from cierre.contract_tests.runner import execute
from cierre.contract_tests.secrets import Secrets


@dataclass(frozen=True)
class Plan:
    """A run that can start.

    Attributes:
        secrets: what the reports must hide; a run adds the tokens that it obtains.
    """

    contract: Contract
    options: Options
    secrets: Secrets

    @property
    def document(self) -> Document:
        return self.contract.document

    def run(self, listener: Listener) -> Report:
        """Test the server.

        Raises:
            CouldNotRun: the server is not there, the document is no usable contract, or a login fails.
        """
        return execute(Run(self.contract, self.options, listener, self.secrets))


def plan(contract: Contract, options: Options) -> Plan:
    """Plan to hold a server to `contract`, as `options` say."""
    secrets = Secrets()
    for entry in contract.entries:
        for value, name in entry.hidden.items():
            secrets.keep(name, value)
    return Plan(contract, options, secrets)


def read_contract(spec: Path, auth_file: Path | None = None) -> Contract:
    """Anybody's contract: an OpenAPI document, whose references to other files are bundled, and its credentials.

    Raises:
        CouldNotRun: a file cannot be read or is not understood.
    """
    try:
        document = oas.bundle(oas.load(spec))
    except oas.ContractError as problem:
        raise CouldNotRun(f"{spec}: {problem}") from problem
    return Contract(document, tuple(file.read(auth_file)) if auth_file is not None else ())
