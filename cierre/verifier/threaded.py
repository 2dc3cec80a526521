"""The verifier for programs without an event loop (Flask, Django): it runs one, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from cierre.verifier.checking import Access, Verifier
from cierre.verifier.refusals import Unavailable

Result = TypeVar("Result")


class ThreadedVerifier:
    """`Verifier`, to be called from any thread.

    Start it after the server has forked its workers: a thread doesn't survive a fork.

    Args:
        patience: seconds that a call may take.
        arguments: of `Verifier`.
    """

    def __init__(self, *, patience: float = 10.0, **arguments: Any) -> None:
        self._arguments = arguments
        self._patience = patience
        self._loop: asyncio.AbstractEventLoop | None = None
        self._verifier: Verifier | None = None
        self._starting = threading.Lock()

    def start(self) -> None:
        """Start the thread, and the verifier in it; a second call does nothing.

        Raises:
            Unavailable: as `Verifier.start`.
        """
        with self._starting:
            if self._loop is not None:
                return
            loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=loop.run_forever, name="cierre-verifier", daemon=True)
            self._thread.start()
            self._loop = loop
            try:
                self._verifier = self._run(self._started(), patience=None)
            except BaseException:
                self._end()
                raise

    def stop(self) -> None:
        """Close every connection, and end the thread."""
        with self._starting:
            if self._verifier is not None:
                self._run(self._verifier.stop(), patience=None)
            self._end()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def verify(self, token: str) -> Access:
        """As `Verifier.verify`.

        Raises:
            Invalid, Expired, Revoked, Unavailable: as there; `Unavailable` as well where it is not started.
        """
        return self._run(self._running().verify(token), patience=self._patience)

    def verify_header(self, authorization: str | None) -> Access:
        """As `Verifier.verify_header`.

        Raises:
            Missing, Invalid, Expired, Revoked, Unavailable: as there.
        """
        return self._run(self._running().verify_header(authorization), patience=self._patience)

    async def _started(self) -> Verifier:
        verifier = Verifier(**self._arguments)
        try:
            await verifier.start()
        except BaseException:
            await verifier.stop()
            raise
        return verifier

    def _running(self) -> Verifier:
        if self._verifier is None:
            raise Unavailable
        return self._verifier

    def _run(self, work: Coroutine[Any, Any, Result], *, patience: float | None) -> Result:
        assert self._loop is not None
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(patience)
        except TimeoutError:
            future.cancel()
            raise Unavailable from None

    def _end(self) -> None:
        loop, self._loop, self._verifier = self._loop, None, None
        if loop is not None:
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join()
            loop.close()
