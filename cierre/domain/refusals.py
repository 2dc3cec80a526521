"""What was refused, for the audit trail: failed logins, failed authentication of clients, and 403.

Anybody can cause these without end, so they are counted. The first refusal of a kind, a user and an address gets a row
within a second; those that follow get one row together when the window is over. Where more users and addresses than
the limit are seen in a window, the rest is counted as one. So the trail grows by at most two rows for each of them.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import NamedTuple

from cierre.clock import boottime
from cierre.domain import events
from cierre.principal import Caller
from cierre.storage.database import Database
from cierre.storage.repositories import audit
from cierre.storage.statements import Tx


class Refusal(NamedTuple):
    """What was refused.

    Attributes:
        event: `login_failed`, `password_change_failed`, `client_authentication_failed` or `access_refused`.
        user_id: the account that was tried, or the user who was refused; None: neither is known.
        operation: the operationId.
    """

    event: str
    user_id: str | None
    operation: str


class _Source(NamedTuple):
    refusal: Refusal
    address: str | None


@dataclass(slots=True)
class _Counted:
    """What of one source is not written yet.

    Attributes:
        caller: of the first refusal that is not written.
        attempts: how many are not written.
        due: in seconds of the monotonic clock: when what was counted is written.
        is_open: the first refusal was written: the window lasts until `due`.
    """

    caller: Caller
    attempts: int
    due: float
    is_open: bool = False


class Refusals:
    """Counts refusals in memory, and writes them to the audit trail.

    Args:
        window: milliseconds.
        limit: users and addresses that are told apart in a window.
    """

    def __init__(self, database: Database, *, window: int, limit: int) -> None:
        self._database = database
        self._window = window / 1000
        self._limit = limit
        self._counted: dict[_Source, _Counted] = {}

    def count(self, refusal: Refusal, caller: Caller, address: str) -> None:
        """Count a refusal; nothing waits for the database.

        Args:
            caller: with the actor.
            address: what counts as one client.
        """
        source = _Source(refusal, address)
        if source not in self._counted and len(self._counted) >= self._limit:
            source = _Source(refusal._replace(user_id=None), None)
            caller = Caller(None, None, caller.trace_id)
        counted = self._counted.get(source)
        if counted is None:
            self._counted[source] = _Counted(caller, 1, boottime())
            return
        if not counted.attempts:
            counted.caller = caller
        counted.attempts += 1

    async def write(self, *, everything: bool = False) -> None:
        """Write what is due.

        Args:
            everything: the process ends: write what is counted so far, too.

        Raises:
            ServiceUnavailable: the database is away; what was counted stays counted.
        """
        now = boottime()
        due = [source for source, counted in self._counted.items() if everything or counted.due <= now]
        if not any(self._counted[source].attempts for source in due):
            self._forget(due)
            return
        async with self._database.connect() as tx:
            for source in due:
                counted = self._counted[source]
                attempts, counted.attempts = counted.attempts, 0
                try:
                    if attempts:
                        await _record(tx, source.refusal, counted.caller, attempts)
                except BaseException:
                    counted.attempts += attempts
                    raise
                self._next_window(source, counted, now)
                await asyncio.sleep(0)

    def _next_window(self, source: _Source, counted: _Counted, now: float) -> None:
        if counted.is_open:
            # What came while this was written begins a window of its own.
            if counted.attempts:
                self._counted[source] = replace(counted, due=now, is_open=False)
            else:
                del self._counted[source]
            return
        counted.is_open, counted.due = True, now + self._window

    def _forget(self, over: list[_Source]) -> None:
        for source in over:
            if not self._counted[source].attempts:
                del self._counted[source]


async def _record(tx: Tx, refusal: Refusal, caller: Caller, attempts: int) -> None:
    async with tx.atomic():
        await audit.record(
            tx,
            refusal.event,
            caller,
            user_id=refusal.user_id,
            reason=refusal.operation,
            success=False,
            attempts=attempts,
        )
        await events.access_refused(
            tx,
            caller,
            event=refusal.event,
            user_id=refusal.user_id,
            operation=refusal.operation,
            attempts=attempts,
        )
