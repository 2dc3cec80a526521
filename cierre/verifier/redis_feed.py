"""What was revoked, from the stream that `cierre.revocation.redis_mirror` describes.

Redis is believed nothing that the issuer has not signed. A batch that it has not signed changes nothing, one that was
taken away is missed, and one that was kept back is old: then nobody is let in, since what cannot be known is refused.
"""

from __future__ import annotations

import asyncio
from typing import Any

from redis.exceptions import RedisError

from cierre.background import forever, stop
from cierre.clock import boottime, now_ms
from cierre.errors import ServiceUnavailable, TokenInvalid
from cierre.revocation.batches import Ledger, read
from cierre.revocation.denylist import Denylist
from cierre.revocation.redis_mirror import COMPLETE, STREAM, connect
from cierre.tokens.jws import UnknownKey
from cierre.verifier.issuer_keys import IssuerKeys
from cierre.verifier.refusals import Unavailable

_PAGE = 500
_PATIENCE = 60.0
# Seconds. Each node writes at least every two.
_FRESH = 5.0


class RedisFeed:
    """Keeps a denylist as complete as the stream in Redis.

    Args:
        url: of the Redis; a user that may read `cierre:*` is enough.
        denylist: which is filled.
        interval: milliseconds between two looks at whether Redis is complete.
        keys: of the issuer.
        issuer: who has to have signed.
    """

    def __init__(self, url: str, denylist: Denylist, *, interval: int, keys: IssuerKeys, issuer: str) -> None:
        self._redis = connect(url)
        self._denylist = denylist
        self._interval = min(interval, 2_000)
        self._keys = keys
        self._issuer = issuer
        self._ledger = Ledger()
        self._copy: str | None = None
        self._position = "0"
        self._complete_at = float("-inf")
        self._filled = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Fill the denylist, and go on reading in the background.

        Raises:
            ServiceUnavailable: Redis was not there, or not complete, within a minute.
        """
        self._tasks.append(asyncio.create_task(forever("redis_feed", self._follow, pause=self._interval / 1000)))
        try:
            await asyncio.wait_for(self._filled.wait(), _PATIENCE)
        except TimeoutError:
            await self.stop()
            raise ServiceUnavailable from None

    async def stop(self) -> None:
        """End the reading, and close the connections."""
        await stop(self._tasks)
        await self._redis.aclose()

    @property
    def age(self) -> float:
        """Seconds since the newest time of which it is proven that everything was read."""
        return boottime() - self._complete_at

    async def _follow(self) -> None:
        try:
            while True:
                copy: Any = await self._redis.get(COMPLETE)
                if copy is None:
                    raise ServiceUnavailable
                if copy != self._copy:
                    # Redis was filled anew: its stream may have begun anew, too.
                    self._copy, self._position = copy, "0"
                await self._read()
                if self.age < _FRESH:
                    self._filled.set()
                self._denylist.forget()
        except (RedisError, OSError, Unavailable) as failure:
            raise ServiceUnavailable from failure

    async def _read(self) -> None:
        """Read to the end of the stream; where there is nothing new, wait for it for one interval at the most."""
        wait: int | None = self._interval
        while True:
            # RESP2 gives a list of pairs, RESP3 a mapping.
            found: Any = await self._redis.xread({STREAM: self._position}, count=_PAGE, block=wait)
            arrived = boottime()
            pairs = list(found.items() if isinstance(found, dict) else found or [])
            entries = pairs[0][1] if pairs else []
            for position, fields in entries:
                await self._take(fields.get("batch", ""), arrived)
                self._position = position
            if len(entries) < _PAGE:
                return
            wait = None

    async def _take(self, text: str, arrived: float) -> None:
        """Take what one entry of the stream says, if the issuer has signed it.

        Args:
            arrived: when it was there, in seconds of the monotonic clock.

        Raises:
            ServiceUnavailable: its key is not known, and the keys have not been fetched since: it is read again.
            Unavailable: there are no keys.
        """
        await self._keys.require()
        try:
            try:
                batch = read(text, self._keys.find, issuer=self._issuer)
            except UnknownKey:
                await self._keys.refresh()
                batch = read(text, self._keys.find, issuer=self._issuer)
        except UnknownKey:
            if self._keys.fetched_at < arrived:
                raise ServiceUnavailable from None
            return
        except TokenInvalid:
            return
        for one in batch.revocations:
            if one.session_id is not None:
                self._denylist.deny_session(one.session_id, one.until)
            elif one.user_id is not None:
                self._denylist.deny_user(one.user_id, one.epoch, one.until)
        complete_at = self._ledger.take(batch)
        if complete_at is not None:
            # By this machine's clock. A time to come is as bad: it may have been kept back for so long.
            self._complete_at = max(self._complete_at, boottime() - abs(now_ms() - complete_at) / 1000)
