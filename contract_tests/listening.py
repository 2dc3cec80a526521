"""Who watches a run."""

from __future__ import annotations

from typing import Protocol

from cierre.contract_tests.findings import Finding, Scenario


class Listener(Protocol):
    """Shows how a run goes: bars on a terminal, or plain lines."""

    def phase(self, name: str, total: int) -> None:
        """A phase begins, which has `total` scenarios."""

    def scenario(self, scenario: Scenario) -> None:
        """A scenario is done."""

    def finding(self, finding: Finding) -> None:
        """Something new was found."""


class Quiet:
    """A listener that shows nothing."""

    def phase(self, name: str, total: int) -> None: ...
    def scenario(self, scenario: Scenario) -> None: ...
    def finding(self, finding: Finding) -> None: ...
