"""Whether a client reads its answer."""

from __future__ import annotations


class Unread:
    """How long a client has read nothing, or as good as nothing, of what is written to it.

    Args:
        timeout: seconds that it may go on.
        progress: bytes that have to be read for the time to begin anew.
    """

    def __init__(self, timeout: float, progress: float) -> None:
        self._timeout = timeout
        self._progress = progress
        self._size = 0
        self.since = 0.0

    def begin_anew(self) -> None:
        self._size = 0

    def seconds(self, size: int, now: float) -> float:
        """How long it has gone on.

        Args:
            size: bytes that are written and not sent yet.
            now: of the event loop.
        """
        if not size:
            self._size = 0
            return 0.0
        if not self._size or self._size - size >= self._progress:
            self._size, self.since = size, now
        return now - self.since

    def is_over(self, seconds: float) -> bool:
        return seconds > self._timeout
