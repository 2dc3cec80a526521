"""The denylist in Redis, for other services: a copy of what the database says, which Cierre itself never reads.

    cierre:revocations          a stream of signed batches of revocations: `cierre.revocation.batches`
    cierre:complete             there while the copy is whole and fresh; its value changes when it was made anew
    cierre:denied:<sid>         "1" while a token of the closed session may live
    cierre:not-before:<user>    the epoch: tokens of the user with a smaller one are dead

Each node writes what it learns to the stream, after the commit, whatever others have written: who may write to Redis
can make no batch, and one that is taken away is missed. The other keys prove nothing: docs/verifier.md says for what
they are good. A Redis that lost its data lost `cierre:complete` with it, and is filled from the database again.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress

from redis.asyncio import Redis
from redis.exceptions import RedisError

from cierre.background import forever, stop
from cierre.errors import ServiceUnavailable
from cierre.revocation.batches import BatchSigner
from cierre.revocation.denylist import Denylist, Revocation
from cierre.settings import HOUR
from cierre.storage.database import Database
from cierre.storage.repositories import revocations

DENIED = "cierre:denied:"
NOT_BEFORE = "cierre:not-before:"
STREAM = "cierre:revocations"
COMPLETE = "cierre:complete"
# Entries a round trip.
_PAGE = 1_000
# With more waiting than this, copying from the database is no slower and needs no memory.
_MOST_WAITING = 100_000

# Seconds between two batches at the least: a signature takes up to a millisecond of the node's time.
_SHORTEST_PAUSE = 0.01
# Milliseconds between two batches at the most: a reader relies on none that is older than some seconds.
_LONGEST_PAUSE = 2_000

# Redis counts in its own time, so it is told how much longer, not until when.
_ADD = """
local time = redis.call('TIME')
local forgotten = time[1] * 1000 - ARGV[1]
redis.call('XADD', KEYS[1], 'MINID', '~', string.format('%.0f', forgotten), '*', 'batch', ARGV[2])
"""
_USER = """
local known = redis.call('GET', KEYS[1])
if (tonumber(known or -1) or -1) < tonumber(ARGV[2]) then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[1])
end
"""
_MARK = """
if redis.call('DEL', KEYS[1]) == 1 then
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2], 'NX')
end
"""


def connect(url: str) -> Redis:
    """A client of the Redis at the URL, not yet connected; 5 s without an answer are an error, as 2 s for a connection.

    Args:
        url: `redis://…`, `rediss://…` or `unix://…`.
    """
    return Redis.from_url(
        url, socket_timeout=5, socket_connect_timeout=2, decode_responses=True, encoding_errors="replace"
    )


class RedisMirror:
    """Writes a node's denylist to Redis.

    Args:
        url: of the Redis.
        database: from which a Redis without data is filled; its clock decides how long an entry stays.
        denylist: of this node; `on_news` is set here.
        signer: of the batches.
        age: returns the seconds since the denylist was last as complete as the database.
        poll_interval: milliseconds between two looks at whether Redis still has everything, 2 s at the most.
    """

    def __init__(
        self,
        url: str,
        database: Database,
        denylist: Denylist,
        signer: BatchSigner,
        *,
        age: Callable[[], float],
        poll_interval: int,
    ) -> None:
        self._redis = connect(url)
        self._add = self._redis.register_script(_ADD)
        self._user = self._redis.register_script(_USER)
        self._mark = self._redis.register_script(_MARK)
        self._kept = max(10_000, 10 * poll_interval)
        self._database = database
        self._denylist = denylist
        self._age = age
        self._signer = signer
        self._interval = min(poll_interval, _LONGEST_PAUSE) / 1000
        self._fresh = 3 * poll_interval / 1000
        self._whole = False
        self._overflowed = False
        self._waiting: list[Revocation] = []
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to write in the background, as soon as Redis is there."""
        self._denylist.on_news = self._take
        self._tasks.append(asyncio.create_task(forever("redis_denylist", self._follow, pause=self._interval)))

    async def stop(self) -> None:
        """End the writing, and close the connections; what waits the other nodes write, or the next start."""
        self._denylist.on_news = None
        await stop(self._tasks)
        await self._redis.aclose()

    @property
    def whole(self) -> bool:
        """Whether Redis had everything when it was last reached, and is still reached."""
        return self._whole

    def _take(self, revocation: Revocation) -> None:
        if len(self._waiting) < _MOST_WAITING:
            self._waiting.append(revocation)
        else:
            self._whole, self._overflowed = False, True
        self._news.set()

    async def _follow(self) -> None:
        try:
            while True:
                if not self._whole or self._signer.key_is_old:
                    await self._copy()
                await self._write_waiting()
                if not await self._say_complete():
                    continue
                await asyncio.sleep(_SHORTEST_PAUSE)
                # What becomes known is written at once; what becomes known together, in one round trip.
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), self._interval)
        except (RedisError, OSError) as failure:
            raise ServiceUnavailable from failure
        finally:
            self._whole = False

    async def _copy(self) -> None:
        """Write what the database has; what becomes known meanwhile is written after it."""
        self._waiting.clear()
        self._overflowed = False
        self._signer.begin()
        copying = f"{COMPLETE}:{uuid.uuid4().hex}"
        await self._redis.set(copying, "1", px=HOUR)
        async with self._database.connect() as tx:
            async for page in revocations.since(tx, 0, page=_PAGE):
                await self._write(
                    [
                        Revocation(row["session_id"], row["user_id"], row["epoch"] or 0, row["expires_at"])
                        for row in page
                    ]
                )
        if self._overflowed:
            return
        # A Redis that was emptied meanwhile has no `copying` any more: it is not complete, and the next turn finds out.
        await self._mark(keys=[copying, COMPLETE], args=[uuid.uuid4().hex, self._kept])
        self._whole = True

    async def _write_waiting(self) -> None:
        """Write what is waiting, and that with it all is written that this node knew before."""
        self._news.clear()
        while True:
            # Before what waits is taken: all that the denylist has is written already or waits.
            age = self._age()
            batch = self._waiting[:_PAGE]
            complete_at = None
            if self._whole and age <= self._fresh and len(batch) == len(self._waiting):
                complete_at = self._database.clock.now() - round(age * 1000)
            await self._write(batch, complete_at=complete_at)
            del self._waiting[: len(batch)]
            if not self._waiting:
                return

    async def _write(self, batch: Sequence[Revocation], *, complete_at: int | None = None) -> None:
        now = self._database.clock.now()
        unexpired = [one for one in batch if one.until > now]
        async with self._redis.pipeline(transaction=False) as pipeline:
            for one in unexpired:
                left = one.until - now
                if one.session_id is not None:
                    pipeline.set(DENIED + one.session_id, "1", px=left)
                else:
                    await self._user(keys=[f"{NOT_BEFORE}{one.user_id}"], args=[left, one.epoch], client=pipeline)
            text = self._signer.sign(unexpired, written_at=now, complete_at=complete_at)
            await self._add(keys=[STREAM], args=[self._signer.life + HOUR, text], client=pipeline)
            await pipeline.execute()

    async def _say_complete(self) -> bool:
        """Keep `cierre:complete`, where this node's denylist is fresh itself.

        Returns:
            False: the key is gone, and so may be the rest: it has to be copied again.
        """
        if self._age() <= self._fresh and not await self._redis.pexpire(COMPLETE, self._kept):
            self._whole = False
        return self._whole
