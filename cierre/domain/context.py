"""One act of the domain: who does it, on which connection, at what time."""

from __future__ import annotations

from dataclasses import dataclass

from cierre.principal import Caller
from cierre.revocation.announcer import Announcer
from cierre.settings import MINUTE, Settings
from cierre.storage.statements import Tx

# A clock that steps back must not bring a token back to life.
CLOCK_STEP = 5 * MINUTE


@dataclass(frozen=True, slots=True)
class OperationContext:
    """What every domain function needs, and nothing of HTTP."""

    tx: Tx
    caller: Caller
    settings: Settings
    announcer: Announcer

    @property
    def now(self) -> int:
        """Milliseconds: one time for the whole act."""
        return self.tx.now

    @property
    def denied_until(self) -> int:
        """When the last access token of a session that is closed now is dead of age, whatever the clocks say."""
        return self.tx.now + self.settings.access_ttl + CLOCK_STEP
