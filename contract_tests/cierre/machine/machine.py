"""The state machine of closing a session: all rules and invariants together."""

from __future__ import annotations

from cierre.contract_tests.cierre.machine.administration import Administration
from cierre.contract_tests.cierre.machine.invariants import Invariants
from cierre.contract_tests.cierre.machine.logins import Logins
from cierre.contract_tests.cierre.machine.logouts import Logouts
from cierre.contract_tests.cierre.machine.lookups import Lookups
from cierre.contract_tests.cierre.machine.retries import Retries
from cierre.contract_tests.cierre.machine.tokens import Tokens


class SessionMachine(Logins, Logouts, Tokens, Retries, Lookups, Administration, Invariants):
    """Users, devices, clients and both forms of tokens; every way to close a session."""
