"""Counting in memory, with a bounded number of keys."""

from __future__ import annotations

import time
from collections import OrderedDict

from limits.aio.storage import MemoryStorage
from limits.aio.storage.memory import Entry

# Of the keys that expired, so many are forgotten with each entry: more than come in.
_FORGOTTEN_AT_ONCE = 2


class BoundedMemory(MemoryStorage):
    """The moving windows of one limit; each entry costs the same, however many keys there are.

    `limits` itself looks at every key it has, in a task of its own, with nearly every request.

    Args:
        size: keys; when there are more, the one without a new entry for the longest time is forgotten.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        # By the time of their newest entry, so that those that expire next stand first. An OrderedDict finds its
        # first key at once; a dict first steps over every place that a deleted key has left.
        self.events: OrderedDict[str, list[Entry]] = OrderedDict()

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Add entries to a window.

        Args:
            limit: entries a window.
            expiry: length of the window, in seconds; the same with each call.
            amount: entries to add.

        Returns:
            Whether there was room for them.
        """
        self._forget_expired()
        entries = self.events.get(key, [])
        beyond = limit - amount
        if beyond < 0 or (len(entries) > beyond and entries[beyond].expiry > time.time()):
            return False
        self.events[key] = [Entry(expiry) for _ in range(amount)] + entries[:beyond]
        self.events.move_to_end(key)
        if len(self.events) > self._size:
            self.events.popitem(last=False)
        return True

    def give_back(self, key: str) -> None:
        """Remove the newest entry of a window."""
        entries = self.events.get(key)
        if entries:
            del entries[0]
            if not entries:
                del self.events[key]

    def _forget_expired(self) -> None:
        for _ in range(_FORGOTTEN_AT_ONCE):
            first = next(iter(self.events), None)
            if first is None or self.events[first][0].expiry > time.time():
                return
            del self.events[first]
