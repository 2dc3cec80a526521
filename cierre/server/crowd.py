"""The connections of one server: how many there may be, and which of them gives way when there is no room."""

from __future__ import annotations

import asyncio
import logging
from itertools import islice
from operator import itemgetter
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from cierre.server.descriptors import room
from cierre.settings import ConnectionLimits

_log = logging.getLogger("cierre.server")
# Seconds for which a connection with an incomplete request does not have to give way to a new one.
_GRACE = 1.0
# Seconds between two looks at the time-outs, at the most.
_LOOK = 1.0
# Seconds between two lines of the log about the same.
_QUIET = 60.0


class Connection(Protocol):
    """What the server does with a connection that waits."""

    def check(self, now: float) -> None:
        """End it where one of its time-outs has passed; `now` is of the event loop."""

    def give_way(self) -> None:
        """Close it: it is checked until it is lost."""


class Crowd:
    """All connections of a server.

    Args:
        limits: how many there may be, and their time-outs.
    """

    def __init__(self, limits: ConnectionLimits) -> None:
        self._room = room(limits.connections)
        self._served: set[Connection] = set()
        self._websockets: set[Connection] = set()
        self._refused: dict[Connection, None] = {}
        # Closed, with something left to send perhaps.
        self._ending: set[Connection] = set()
        # Those that wait for their client, in the middle of a request and between two of them; the longest first.
        self._waiting: dict[Connection, float] = {}
        self._idle: dict[Connection, float] = {}
        shortest = min(
            limits.header_timeout,
            limits.body_timeout,
            limits.send_timeout,
            limits.linger_timeout,
            limits.keep_alive,
        )
        self._look = min(_LOOK, shortest / 4000)
        self._looked = 0.0
        self._is_late = False
        self._timer: asyncio.TimerHandle | None = None
        self._logged = -_QUIET

    def admit(self, connection: Connection, loop: asyncio.AbstractEventLoop) -> bool:
        """Take in a new connection; another, that keeps the server waiting, gives way where there is no room.

        Returns:
            Whether there was room; otherwise the connection is to be refused.
        """
        if self._timer is None:
            self._looked = loop.time()
            self._timer = loop.call_later(self._look, self._check, loop)
        if len(self._served) >= self._room.served and not self._make_room(loop.time()):
            self._refuse(connection, loop.time())
            return False
        self._served.add(connection)
        self._waiting[connection] = loop.time()
        return True

    def admit_websocket(self, connection: Connection) -> bool:
        """Let a connection that is served become a WebSocket, which gives way to no other one.

        Returns:
            Whether there was room: half of the connections are left for requests.
        """
        if len(self._websockets) >= max(1, self._room.served // 2):
            return False
        self._websockets.add(connection)
        self.wait_no_more(connection)
        return True

    def leave(self, connection: Connection) -> None:
        """A connection is lost."""
        self._served.discard(connection)
        self._websockets.discard(connection)
        self._refused.pop(connection, None)
        self._ending.discard(connection)
        self.wait_no_more(connection)

    def wait(self, connection: Connection, since: float) -> None:
        """The server waits for the client in the middle of a request; it counts since when it did so first."""
        if connection in self._served:
            self._waiting.setdefault(connection, since)

    def wait_again(self, connection: Connection, since: float) -> None:
        """The client has begun another request."""
        self._idle.pop(connection, None)
        if connection in self._served:
            self._waiting[connection] = since

    def idle(self, connection: Connection, since: float) -> None:
        """It has answered all requests of the client."""
        if connection in self._served:
            self._idle[connection] = since

    def wait_no_more(self, connection: Connection) -> None:
        """It is the server's turn."""
        self._waiting.pop(connection, None)
        self._idle.pop(connection, None)

    def _make_room(self, now: float) -> bool:
        first = (*islice(self._idle.items(), 1), *islice(self._waiting.items(), 1))
        longest, since = min(first, key=itemgetter(1), default=(None, now))
        # Where the one that has waited longest has its grace, one that was answered since is in use: it stays as well.
        if longest is None or (longest in self._waiting and now - since < _GRACE):
            return False
        self._end(longest)
        return True

    def _refuse(self, connection: Connection, now: float) -> None:
        if now - self._logged >= _QUIET:
            self._logged = now
            _log.warning("%s connections: more are answered with 503", self._room.served)
        self._refused[connection] = None
        while len(self._refused) > self._room.refused:
            self._end(next(iter(self._refused)))

    def _end(self, connection: Connection) -> None:
        self.leave(connection)
        self._ending.add(connection)
        connection.give_way()

    def _check(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        # After the process was held up, what clients have sent meanwhile is read first.
        self._is_late = now - self._looked > 2 * self._look and not self._is_late
        self._looked = now
        if not self._is_late:
            for connection in (*self._served, *self._refused, *self._ending):
                connection.check(now)
        present = self._served or self._refused or self._ending
        self._timer = loop.call_later(self._look, self._check, loop) if present else None


_crowds: WeakKeyDictionary[Any, Crowd] = WeakKeyDictionary()


def crowd_of(server: Any, limits: ConnectionLimits) -> Crowd:
    """The connections of a server.

    Args:
        server: what all of them share; when it is gone, so are they.
        limits: of a server that had no connection yet.
    """
    found = _crowds.get(server)
    if found is None:
        found = _crowds[server] = Crowd(limits)
    return found
