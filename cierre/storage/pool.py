"""Places for connections, handed out in turn."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Places(Generic[T]):
    """A fixed number of places, each with a connection, or empty: None.

    The last one that came back goes out first. Who waits is served first come, first served: asyncio's queues let a
    newcomer take what somebody was woken for, who then waits at the end of the line again; and a pool of asyncpg makes
    a task for each release, which costs more than a small statement does.

    Args:
        size: all of them empty at first.
        patience: seconds that somebody waits, at the most.
    """

    def __init__(self, size: int, *, patience: float) -> None:
        self._free: list[T | None] = [None] * size
        self._waiting: deque[asyncio.Future[T | None]] = deque()
        self._patience = patience

    async def take(self) -> T | None:
        """A place.

        Raises:
            TimeoutError: none came back in time.
        """
        if self._free:
            return self._free.pop()
        turn: asyncio.Future[T | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(self._patience):
                return await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self.give(turn.result())
            raise

    def give(self, place: T | None) -> None:
        """Give a place back: to the first who waits."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(place)
                return
        self._free.append(place)

    def drain(self) -> list[T]:
        """The connections in the free places, which are gone from here."""
        drained = [place for place in self._free if place is not None]
        self._free.clear()
        return drained
