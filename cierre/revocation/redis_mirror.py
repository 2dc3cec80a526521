"""The denylist in Redis, for other services: a copy of what the database says, never a second source of truth.

    cierre:denied:<sid>         "1" while a token of the closed session may live
    cierre:not-before:<user>    the epoch: tokens of the user with a smaller one are dead
    cierre:revocations          a stream of the same, in order: `session,<sid>,<until>`, `user,<id>,<epoch>,<until>`
    cierre:complete             there while the copy is whole and fresh; its value changes when it was made anew

Each node writes what it learns, after the commit; the second to say the same changes nothing. A Redis that lost its
data lost `cierre:complete` with it, and is filled from the database again.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress

from redis.asyncio import Redis
from redis.exceptions import RedisError

from cierre.background import forever, stop
from cierre.clock import now_ms
from cierre.errors import ServiceUnavailable
from cierre.revocation.denylist import Denylist, Revocation
from cierre.settings import HOUR
from cierre.storage.database import Database
from cierre.storage.repositories import revocations

DENIED = "cierre:denied:"
NOT_BEFORE = "cierre:not-before:"
STREAM = "cierre:revocations"
COMPLETE = "cierre:complete"
# So many entries a round trip.
_PAGE = 1_000
# With more waiting than this, copying from the database is no slower and needs no memory.
_MOST_WAITING = 100_000

_SESSION = """
if redis.call('SET', KEYS[1], '1', 'PXAT', ARGV[1], 'NX') then
  redis.call('XADD', KEYS[2], 'MINID', '~', ARGV[2], '*', 'revoked', ARGV[3])
end
"""
_USER = """
local known = redis.call('GET', KEYS[1])
if not known or tonumber(known) < tonumber(ARGV[4]) then
  redis.call('SET', KEYS[1], ARGV[4], 'PXAT', ARGV[1])
  redis.call('XADD', KEYS[2], 'MINID', '~', ARGV[2], '*', 'revoked', ARGV[3])
end
"""
_MARK = """
if redis.call('DEL', KEYS[1]) == 1 then
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2], 'NX')
end
"""


def connect(url: str) -> Redis:
    """A Redis that hangs is a Redis that is away."""
    return Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2, decode_responses=True)


class RedisMirror:
    """Writes a node's denylist to Redis.

    Args:
        age: seconds since the denylist was last compared with the database.
        poll_interval: of that comparison, in milliseconds.
        token_life: how long a revocation is of interest, in milliseconds.
    """

    def __init__(
        self,
        url: str,
        database: Database,
        denylist: Denylist,
        *,
        age: Callable[[], float],
        poll_interval: int,
        token_life: int,
    ) -> None:
        self._redis = connect(url)
        self._session = self._redis.register_script(_SESSION)
        self._user = self._redis.register_script(_USER)
        self._mark = self._redis.register_script(_MARK)
        self._kept = max(10_000, 10 * poll_interval)
        self._database = database
        self._denylist = denylist
        self._age = age
        self._interval = poll_interval / 1000
        self._token_life = token_life
        self._whole = False
        self._overflowed = False
        self._waiting: list[Revocation] = []
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin; Redis may be away."""
        self._denylist.on_news = self._take
        self._tasks.append(asyncio.create_task(forever("redis_denylist", self._follow, pause=self._interval)))

    async def stop(self) -> None:
        self._denylist.on_news = None
        await stop(self._tasks)
        await self._redis.aclose()

    @property
    def whole(self) -> bool:
        """Whether Redis was reached, and has everything, at the last look."""
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
                if not self._whole:
                    await self._copy()
                await self._write_waiting()
                if not await self._say_complete():
                    continue
                # News go at once, those that come together in one round trip.
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), self._interval)
        except (RedisError, OSError) as failure:
            raise ServiceUnavailable from failure
        finally:
            self._whole = False

    async def _copy(self) -> None:
        """Write what the database has; what becomes known from now on waits, and comes after it."""
        self._waiting.clear()
        self._overflowed = False
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
        self._news.clear()
        while self._waiting:
            batch = self._waiting[:_PAGE]
            await self._write(batch)
            del self._waiting[: len(batch)]

    async def _write(self, batch: Sequence[Revocation]) -> None:
        forgotten = str(now_ms() - self._token_life - HOUR)
        async with self._redis.pipeline(transaction=False) as pipeline:
            for one in batch:
                if one.session_id is not None:
                    payload = f"session,{one.session_id},{one.until}"
                    keys = [DENIED + one.session_id, STREAM]
                    await self._session(keys=keys, args=[one.until, forgotten, payload], client=pipeline)
                else:
                    payload = f"user,{one.user_id},{one.epoch},{one.until}"
                    keys = [f"{NOT_BEFORE}{one.user_id}", STREAM]
                    await self._user(keys=keys, args=[one.until, forgotten, payload, one.epoch], client=pipeline)
            await pipeline.execute()

    async def _say_complete(self) -> bool:
        """Keep the mark while all is well. Returns False where it has gone, and so may have what it stood for."""
        if self._age() <= 3 * self._interval and not await self._redis.pexpire(COMPLETE, self._kept):
            self._whole = False
        return self._whole
