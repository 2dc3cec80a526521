"""Work that a process does again and again beside answering: no failure ends it, and none is silent."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable

import structlog

from cierre.errors import ServiceUnavailable

_log = structlog.get_logger("cierre.background")


async def forever(name: str, work: Callable[[], Awaitable[None]], *, pause: float) -> None:
    """Do `work`, rest for about `pause` seconds, and again, until cancelled.

    An outage is logged when it begins and when it is over, not with every attempt between.
    """
    away = False
    while True:
        try:
            await work()
            if away:
                _log.info("recovered", work=name)
            away = False
        except ServiceUnavailable as failure:
            if not away:
                _log.warning("away", work=name, error=repr(failure.__cause__ or failure))
            away = True
        except Exception as failure:  # noqa: BLE001 - the supervisor: the next attempt may succeed
            _log.error("failed", work=name, exc_info=failure)
            away = True
        # Nodes that started together, or lost the database together, don't come back in step.
        await asyncio.sleep(pause * random.uniform(0.9, 1.1))  # noqa: S311 - jitter, no secret


async def stop(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel, and wait until each has let go of what it held."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        # Again, where a wait that ended in the same moment has swallowed it (Python before 3.12: asyncio.wait_for).
        _, pending = await asyncio.wait(pending, timeout=1)
