"""A pool of connections that serves its waiting callers in order."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

Connection = TypeVar("Connection")


class ConnectionPool(Generic[Connection]):
    """A fixed number of slots, each with a connection, or None where a connection has still to be made.

    The slot that was released last is acquired first. Waiting callers are served first come, first served: with
    `asyncio.Queue` a new caller can take the item that a waiting one was woken for, and the waiting one then starts at
    the end of the queue again; and asyncpg's own pool makes a task for each release, which costs more than a small
    statement.

    Args:
        size: number of slots; all are None at first.
        timeout: seconds that a caller waits for a slot at most.
    """

    def __init__(self, size: int, *, timeout: float) -> None:
        self._free: list[Connection | None] = [None] * size
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._timeout = timeout

    async def acquire(self) -> Connection | None:
        """Take a slot; each must be given to `release` afterwards.

        Returns:
            The slot's connection; None: the caller has to make one.

        Raises:
            TimeoutError: no slot was released in time.
        """
        if self._free:
            return self._free.pop()
        slot: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(slot)
        try:
            async with asyncio.timeout(self._timeout):
                return await slot
        except BaseException:
            # Cancelled or timed out in the moment in which it was served: the slot goes to the next caller.
            if slot.done() and not slot.cancelled():
                self.release(slot.result())
            raise

    def release(self, connection: Connection | None) -> None:
        """Return a slot: the caller that has waited longest gets it. None: its connection is closed."""
        while self._waiting:
            slot = self._waiting.popleft()
            if not slot.done():
                slot.set_result(connection)
                return
        self._free.append(connection)

    def drain(self) -> list[Connection]:
        """Remove the free slots. Returns their connections, for the caller to close."""
        drained = [connection for connection in self._free if connection is not None]
        self._free.clear()
        return drained
