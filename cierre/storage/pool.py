"""A pool of connections that serves its waiting callers in order, and the part of it that one user may have."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, NamedTuple, TypeVar

Connection = TypeVar("Connection")


class _Slot(NamedTuple, Generic[Connection]):
    """A free slot: its connection, and the event loop's time at which it was released."""

    connection: Connection
    released_at: float


class PoolUse(NamedTuple):
    """Slots that are acquired, and callers that wait for one."""

    in_use: int
    waiting: int


class ConnectionPool(Generic[Connection]):
    """A fixed number of slots, each with a connection, or None where a connection has still to be made.

    The slot that was released last is acquired first, so that the others are idle and can be closed. Waiting callers
    are served first come, first served: with `asyncio.Queue` a new caller can take the item that a waiting one was
    woken for, and the waiting one then starts at the end of the queue again; and asyncpg's own pool makes a task for
    each release, which costs more than a small statement.

    Args:
        size: number of slots; all are None at first.
        timeout: seconds that a caller waits for a slot at most.
        idle: seconds after which a free connection is closed.
        close: closes a connection that is idle.
        keep: connections that stay open, however long they are idle.
    """

    def __init__(
        self, size: int, *, timeout: float, idle: float, close: Callable[[Connection], None], keep: int = 0
    ) -> None:
        self._size = size
        self._unused = size
        self._free: deque[_Slot[Connection]] = deque()
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._timeout = timeout
        self._idle = idle
        self._close = close
        self._keep = keep
        self._timer: asyncio.TimerHandle | None = None

    async def acquire(self) -> Connection | None:
        """Take a slot; each must be given to `release` afterwards.

        Returns:
            The slot's connection; None: the caller has to make one.

        Raises:
            TimeoutError: no slot was released in time.
        """
        if self._free:
            return self._free.pop().connection
        if self._unused:
            self._unused -= 1
            return None
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
        if connection is None:
            self._unused += 1
            return
        loop = asyncio.get_running_loop()
        self._free.append(_Slot(connection, loop.time()))
        if self._timer is None and len(self._free) > self._keep:
            self._timer = loop.call_later(self._idle, self._close_idle)

    @property
    def use(self) -> PoolUse:
        """How much of it is used now."""
        in_use = self._size - self._unused - len(self._free)
        return PoolUse(in_use, sum(not slot.done() for slot in self._waiting))

    def drain(self) -> list[Connection]:
        """Take the connections out of the free slots. Returns them, for the caller to close."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        drained = [slot.connection for slot in self._free]
        self._unused += len(drained)
        self._free.clear()
        return drained

    def _close_idle(self) -> None:
        """Close what is idle; what was released later is looked at when its time has come."""
        loop = asyncio.get_running_loop()
        self._timer = None
        while len(self._free) > self._keep and self._free[0].released_at + self._idle <= loop.time():
            self._unused += 1
            self._close(self._free.popleft().connection)
        if len(self._free) > self._keep:
            self._timer = loop.call_at(self._free[0].released_at + self._idle, self._close_idle)


class Shares:
    """At most `size` callers of one key at once; further ones wait, first come, first served.

    Where a row of one user is locked, the user's requests wait with these few connections, and not with all.

    Args:
        timeout: seconds that a caller waits at most.
    """

    def __init__(self, size: int, *, timeout: float) -> None:
        self._size = size
        self._timeout = timeout
        self._taken: dict[Hashable, int] = {}
        self._waiting: dict[Hashable, deque[asyncio.Future[None]]] = {}

    async def enter(self, key: Hashable | None) -> None:
        """Take one of the key's places; each must be given back with `leave`. None: without a limit.

        Raises:
            TimeoutError: none was free in time.
        """
        if key is None:
            return
        taken = self._taken.get(key, 0)
        if taken < self._size:
            self._taken[key] = taken + 1
        else:
            await self._wait(key)

    def leave(self, key: Hashable | None) -> None:
        """Give a place back: the caller that has waited longest gets it."""
        if key is None:
            return
        waiting = self._waiting.get(key)
        while waiting:
            place = waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._waiting.pop(key, None)
        taken = self._taken[key] - 1
        if taken:
            self._taken[key] = taken
        else:
            del self._taken[key]

    async def _wait(self, key: Hashable) -> None:
        """Until another caller's place is free, which is then this one's."""
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, deque()).append(place)
        try:
            async with asyncio.timeout(self._timeout):
                await place
        except BaseException:
            # Cancelled or timed out in the moment in which it was served: the place goes to the next caller.
            if place.done() and not place.cancelled():
                self.leave(key)
            raise
