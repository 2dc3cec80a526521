"""Telling every node what was closed: this one at once, the others by PostgreSQL's NOTIFY, many closings in one.

NOTIFY takes a lock of the whole cluster until its transaction is on disk, so in the closing transaction it would make
closings commit one by one (docs/decisions/0006-notify-after-commit.md has the measurement). It is sent right after the
commit instead; a node that dies in between is covered by the others' poll, as is a lost message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from cierre.revocation.denylist import Denylist
from cierre.storage.database import Database
from cierre.storage.repositories import revocations

# A payload is at most 60 bytes, a batch a small statement.
_MOST = 500


class Announcer:
    """Takes what was closed, once it is committed.

    Args:
        denylist: of this node.
    """

    def __init__(self, database: Database, denylist: Denylist) -> None:
        self._database = database
        self._denylist = denylist
        self._waiting: list[str] = []
        self._news = asyncio.Event()

    def sessions_closed(self, session_ids: Sequence[str], until: int) -> None:
        """These sessions are dead; no token of theirs lives longer than `until` (milliseconds)."""
        for session_id in session_ids:
            self._denylist.deny_session(session_id, until)
            self._waiting.append(f"session,{session_id},{until}")
        self._news.set()

    def user_closed(self, user_id: str, epoch: int, until: int) -> None:
        """All sessions of the user that began before this epoch are dead."""
        self._denylist.deny_user(user_id, epoch, until)
        self._waiting.append(f"user,{user_id},{epoch},{until}")
        self._news.set()

    async def send(self) -> None:
        """Wait for something to tell, and tell it; what comes meanwhile goes together.

        Raises:
            ServiceUnavailable: the database is away; the others find out by themselves.
        """
        await self._news.wait()
        await self.flush()

    async def flush(self) -> None:
        """Tell what waits, now."""
        batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
        if not self._waiting:
            self._news.clear()
        if batch:
            async with self._database.connect() as tx:
                await revocations.notify(tx, batch)
