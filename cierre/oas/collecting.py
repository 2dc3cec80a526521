"""Pauses of Python's garbage collector: where a large document is read, everything is new and nothing is garbage.

Among the million objects of a document of 13 MB the search for cycles takes longer than all else.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for cycles in this process until the block ends; what has no cycles is freed as ever."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
