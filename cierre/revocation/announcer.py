"""Telling every node that something was closed: this one at once, the others by NOTIFY, many closings in one.

NOTIFY takes a lock of the whole cluster until its transaction is on disk, so in the closing transaction it would make
closings commit one by one (docs/decisions/0006-notify-after-commit.md has the measurement). It is sent right after the
commit instead; a node that dies in between is covered by the others' poll, as is a lost message.

The message says nothing but that there is something to read: every role that may connect may send one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from cierre.revocation.denylist import Denylist
from cierre.storage.database import Database
from cierre.storage.repositories import revocations


class Announcer:
    """Takes what was closed, once it is committed.

    Args:
        database: of the service; the rows of the closings are in it already.
        denylist: of this node.
    """

    def __init__(self, database: Database, denylist: Denylist) -> None:
        self._database = database
        self._denylist = denylist
        self._news = asyncio.Event()

    def sessions_closed(self, session_ids: Sequence[str], until: int) -> None:
        """These sessions are closed.

        Args:
            session_ids: of the closed sessions.
            until: when their last access token has expired, in milliseconds since the epoch.
        """
        for session_id in session_ids:
            self._denylist.deny_session(session_id, until)
        self._news.set()

    def user_closed(self, user_id: str, epoch: int, until: int) -> None:
        """All sessions of the user that began before this epoch are closed.

        Args:
            user_id: of the user.
            epoch: of the user, after the closing.
            until: when their last access token has expired, in milliseconds since the epoch.
        """
        self._denylist.deny_user(user_id, epoch, until)
        self._news.set()

    async def send(self) -> None:
        """Wait for a closing, and wake the other nodes; one message serves all closings that came meanwhile.

        Raises:
            ServiceUnavailable: the database is away; the other nodes find the closings by their poll.
        """
        await self._news.wait()
        await self.flush()

    async def flush(self) -> None:
        """Wake the other nodes now, if something was closed since the last message.

        Raises:
            ServiceUnavailable: as for `send`.
        """
        if not self._news.is_set():
            return
        self._news.clear()
        async with self._database.connect() as tx:
            await revocations.notify(tx)
