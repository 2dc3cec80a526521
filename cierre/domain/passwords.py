"""Passwords, with argon2id (RFC 9106), in threads of their own: a check takes tens of milliseconds by design."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TypeVar

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from cierre.errors import TooManyLogins
from cierre.settings import PASSWORD_MEMORY, PASSWORD_PASSES

Result = TypeVar("Result")

_NICENESS = 10


class Passwords:
    """Hashes passwords and verifies them, so many at once, and so many more that wait.

    Args:
        memory: of argon2, in KiB.
        passes: of argon2 over that memory.
        threads: hashes at once, each of which keeps one core busy.
        queue: hashes that wait at most; those of one source take half of the places at most.
        on_work: called in its thread with the seconds that a hash or a check took, the wait for it aside.
    """

    def __init__(
        self,
        *,
        memory: int = PASSWORD_MEMORY,
        passes: int = PASSWORD_PASSES,
        threads: int = 1,
        queue: int = 64,
        on_work: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=1)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="argon2", initializer=_step_back)
        self._places = threads + queue
        self._room = self._places
        self._of_source: Counter[str] = Counter()
        self._on_work = on_work

    @property
    def undecided(self) -> int:
        """Passwords that are being checked or wait for it."""
        return self._places - self._room

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown()

    def hash_now(self, password: str) -> str:
        """The password's argon2id hash; it blocks for tens of milliseconds."""
        return self._hasher.hash(password)

    async def hash(self, password: str, *, source: str = "") -> str:
        """The password's argon2id hash.

        Args:
            source: who asks, such as an address; "": nobody is told apart.

        Raises:
            TooManyLogins: as many wait as may.
        """
        return await self._run(lambda: self._hasher.hash(password), source)

    async def verify(self, password: str, password_hash: str | None, *, source: str = "") -> bool:
        """Whether the password is the hash's.

        Args:
            password_hash: None: there is no such user; the answer is False and takes as long.
            source: as for `hash`.

        Raises:
            TooManyLogins: as many wait as may.
        """
        right = await self._run(lambda: self._verify(password, password_hash), source)
        return right and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with less work, memory times passes, than new ones are."""
        made = extract_parameters(password_hash)
        return made.memory_cost * made.time_cost < self._hasher.memory_cost * self._hasher.time_cost

    def refuse_when_full(self, source: str) -> None:
        """Find out before anything is done for a login that it would not be looked at.

        Raises:
            TooManyLogins: as many wait as may, or as many of this source.
        """
        if self._room == 0 or (source and self._of_source[source] >= max(1, self._places // 2)):
            raise TooManyLogins

    async def _run(self, work: Callable[[], Result], source: str) -> Result:
        self.refuse_when_full(source)
        self._room -= 1
        self._of_source[source] += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._timed, work)
        finally:
            self._room += 1
            self._of_source[source] -= 1
            if not self._of_source[source]:
                del self._of_source[source]

    def _timed(self, work: Callable[[], Result]) -> Result:
        begun = time.perf_counter()
        try:
            return work()
        finally:
            self._on_work(time.perf_counter() - begun)

    def _verify(self, password: str, password_hash: str | None) -> bool:
        # Made with the first check of all, whoever it is for: the first unknown user costs no more than the others.
        nobody = self._nobody
        try:
            return self._hasher.verify(password_hash or nobody, password)
        except (VerificationError, InvalidHashError):
            return False

    @cached_property
    def _nobody(self) -> str:
        """Verified where there is no such user, so that the answer takes as long."""
        return self._hasher.hash("no user has this password")


def _step_back() -> None:
    """Let requests have the core first: they need it for a moment, this thread for tens of milliseconds.

    Linux alone gives a single thread a priority of its own.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
