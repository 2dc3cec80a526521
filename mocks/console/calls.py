"""The last requests with their answers, in memory, for those who look at them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, time
from typing import Any, NamedTuple

from cierre.mocks.messages import Headers, MockReply, MockRequest
from cierre.oas.validation import Violation

# Requests that are kept, bytes of a body that are kept, and bytes of all large bodies together.
MOST = 1000
BODY = 65_536
BODIES = 16_000_000
# Bytes of both bodies of a request that is not counted among the large ones.
_SMALL = 16_384


class Call(NamedTuple):
    """One request and what it was answered with.

    Attributes:
        number: counts up from 1.
        at: seconds since 1970.
        seconds: from the request to its answer.
        request: its body cut at `BODY`.
        request_size: bytes of its whole body.
        operation: its operationId, or method and path; None where the document has none for it.
        status: of the answer.
        headers: of the answer.
        body: of the answer, cut at `BODY`.
        size: bytes of the answer's whole body.
        why: the reason for this very answer.
        violations: what the request breaks in the document.
        fault: how the connection failed, None where it did not.
    """

    number: int
    at: float
    seconds: float
    request: MockRequest
    request_size: int
    operation: str | None
    status: int
    headers: Headers
    body: bytes
    size: int
    why: str
    violations: tuple[Violation, ...]
    fault: str | None

    @property
    def session(self) -> str:
        """That the request is of, "" for none."""
        return self.request.session


_REQUEST, _BODY = Call._fields.index("request"), Call._fields.index("body")


class Calls:
    """The last ones of one mock. All of it happens in the mock's event loop.

    Attributes:
        last: the number of the last one, 0 before the first.
    """

    def __init__(self) -> None:
        self.last = 0
        # What `Call` has, in its order: most are never looked at.
        self._kept: deque[tuple[Any, ...]] = deque()
        self._large = 0
        self._watchers: set[asyncio.Event] = set()

    def add(self, request: MockRequest, reply: MockReply, seconds: float, operation: str | None) -> None:
        """Keep one; the oldest ones go where there are too many.

        Args:
            request: received.
            reply: sent, or about to be.
            seconds: from the request to the reply.
            operation: its name, None for a request that the document does not have.
        """
        self.last = number = self.last + 1
        status, headers, body, why, _, violations, fault, *_ = reply
        sent = request.body
        sent_size, size = len(sent), len(body)
        if size > BODY:
            body = body[:BODY]
        if sent_size > BODY:
            request = request._replace(body=sent[:BODY])
        one = (
            number,
            time(),
            seconds,
            request,
            sent_size,
            operation,
            status,
            headers,
            body,
            size,
            why,
            violations,
            fault,
        )
        kept = self._kept
        kept.append(one)
        self._large += _weight(one)
        while len(kept) > MOST or self._large > BODIES:
            self._large -= _weight(kept.popleft())
        if self._watchers:
            self.wake()

    def newest(self, after: int = 0, session: str = "") -> Iterator[Call]:
        """Those that are kept, newest first.

        Args:
            after: only those with a higher number.
            session: only those of this session; "": of all.
        """
        for call in map(Call._make, reversed(self._kept)):
            if call.number <= after:
                return
            if not session or call.session == session:
                yield call

    def get(self, number: int) -> Call | None:
        """The one of a number; None where it is not kept."""
        return next((Call._make(one) for one in self._kept if one[0] == number), None)

    def forget(self, session: str = "") -> None:
        """Keep none of those so far, or none of one session."""
        left = [one for one in self._kept if session and Call._make(one).session != session]
        self._kept = deque(left)
        self._large = sum(map(_weight, left))

    @property
    def forgotten(self) -> int:
        """How many are not kept any more."""
        return self.last - len(self._kept)

    def wake(self) -> None:
        """Tell those who watch that there is something new."""
        for watcher in self._watchers:
            watcher.set()

    @contextmanager
    def watched(self) -> Iterator[asyncio.Event]:
        """An event that is set at each new one, inside of a `with` block."""
        watcher = asyncio.Event()
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    async def wait(self, find: Callable[[], list[Call]], seconds: float) -> list[Call]:
        """What `find` finds, as soon as that is something; nothing after so many seconds."""
        deadline = monotonic() + seconds
        with self.watched() as watcher:
            while not (found := find()):
                left = deadline - monotonic()
                if left <= 0:
                    return []
                watcher.clear()
                try:
                    await asyncio.wait_for(watcher.wait(), left)
                except TimeoutError:
                    return find()
        return found


def _weight(one: tuple[Any, ...]) -> int:
    """Bytes of the bodies of a `Call`, where they are large."""
    size = len(one[_REQUEST].body) + len(one[_BODY])
    return size if size > _SMALL else 0
