"""Waiting for what comes about by itself."""

import asyncio
import time


async def eventually(condition, patience=60.0):
    """Seconds until the condition held."""
    began = time.perf_counter()
    while not condition():
        assert time.perf_counter() - began < patience, "it never happened"
        await asyncio.sleep(0.002)
    return time.perf_counter() - began
