"""From a contract and the options of a command to a run that can start."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from cierre import oas
from cierre.contract_tests.auth import file
from cierre.contract_tests.auth.file import Entry
from cierre.contract_tests.findings import CouldNotRun, Report
from cierre.contract_tests.listening import Listener
from cierre.contract_tests.run import Contract, Options, Run
from cierre.contract_tests.runner import execute
from cierre.contract_tests.secrets import Secrets
from cierre.oas.navigation import Json
from cierre.phrases import Phrase, phrase_of


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
    def document(self) -> Json:
        return self.contract.document

    def run(self, listener: Listener) -> Report:
        """Test the server.

        Raises:
            CouldNotRun: the server is not there, the document is no usable contract, or a login fails.
        """
        return execute(Run(self.contract, self.options, listener, self.secrets))


def plan(contract: Contract, options: Options) -> Plan:
    """Plan to hold a server to `contract`, as `options` say."""
    options = replace(options, url=_with_scheme(options.url))
    secrets = Secrets(public=json.dumps(contract.document, ensure_ascii=False, default=str))
    for entry in (*contract.entries, *contract.others):
        for value, name in entry.hidden.items():
            secrets.keep(name, value)
    return Plan(contract, options, secrets)


def _with_scheme(url: str) -> str:
    """The URL; where it begins with a host, as `localhost:5120` does, with `http://` before it.

    Raises:
        CouldNotRun: it is the address of something else.
    """
    if re.match(r"https?://[^/?#]", url, re.IGNORECASE):
        return url
    if "://" in url or not re.match(r"[\w.-]+(:\d+)?([/?#]|$)|\[[\da-fA-F:.]+\]", url):
        raise CouldNotRun(Phrase("{url!r} is no address of a server: http://localhost:3000 is one", url=url))
    return f"http://{url}"


def read_contract(
    spec: str | Path,
    auth_file: Path | None = None,
    allow_refs: Collection[str] = (),
    other_auth_file: Path | None = None,
) -> Contract:
    """Anybody's contract: an OpenAPI document, whose references to other files are bundled, and its credentials.

    Args:
        other_auth_file: the credentials of another user, to whom nothing of the first belongs.

    Raises:
        CouldNotRun: a file cannot be read or is not understood.
    """
    try:
        document = oas.bundle(oas.load(spec, allow_refs=allow_refs))
    except oas.BrokenDocument as problem:
        raise CouldNotRun(problem.as_phrase()) from problem
    return Contract(document, _entries(document, auth_file), others=_entries(document, other_auth_file))


def _entries(document: Json, auth_file: Path | None) -> tuple[Entry, ...]:
    entries = tuple(file.read(auth_file)) if auth_file is not None else ()
    try:
        file.check_schemes(document, entries)
    except CouldNotRun as problem:
        raise CouldNotRun(Phrase("{path}: {problem}", path=auth_file, problem=phrase_of(problem))) from problem
    return entries
