"""What one operation of the domain runs with: the caller, a connection, and the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cierre.outcomes import ClosingMade
from cierre.principal import Caller
from cierre.revocation.announcer import Announcer
from cierre.settings import MINUTE, Settings
from cierre.storage.statements import Tx

# A clock that steps back must not bring a token back to life.
CLOCK_STEP = 5 * MINUTE


@dataclass(frozen=True, slots=True)
class OperationContext:
    """What every domain function needs, and nothing of HTTP.

    Attributes:
        tx: the connection; its `now` is the operation's time.
        caller: where the request came from, for audit rows.
        announcer: tells the other nodes what was closed.
        on_closing: called with each closing, once it is committed.
    """

    tx: Tx
    caller: Caller
    settings: Settings
    announcer: Announcer
    on_closing: Callable[[ClosingMade], None] = lambda _closing: None

    @property
    def now(self) -> int:
        """The time of the whole operation, in milliseconds since the epoch."""
        return self.tx.now

    @property
    def denied_until(self) -> int:
        """When the last access token of a session that is closed now has expired on every clock, in milliseconds."""
        return self.tx.now + self.settings.access_ttl + CLOCK_STEP
