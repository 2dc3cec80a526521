"""A process that is told to end ends, even inside one call of a C library that holds the interpreter.

No line of Python runs in such a call, in no thread: not the handler of a signal, nor a watchdog. What runs is C:
`faulthandler` writes to a pipe as soon as the signal is there, and a shell at the other end of the pipe waits a while
and kills the process. The shell ends with the process.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import subprocess
from collections.abc import Iterable
from contextlib import suppress

# $1: the process; $2: seconds.
_SHELL = """
read -r _ || exit
while [ "$2" -gt 0 ]; do sleep 1; kill -0 "$1" || exit; set -- "$1" $(($2 - 1)); done
kill -KILL "$1"
"""


def kill_after(seconds: int, *, signals: Iterable[signal.Signals]) -> None:
    """From now on, kill this process so long after one of the signals has come, unless it has ended by then.

    Where there is no shell or no such signals, nothing is done. The handlers of the signals have to stand already.
    """
    if not hasattr(faulthandler, "register"):
        return
    end, pipe = os.pipe()
    with suppress(OSError):
        subprocess.Popen(  # noqa: S603 - words of our own
            ["/bin/sh", "-c", _SHELL, "sh", str(os.getpid()), str(seconds)],
            stdin=end,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Ctrl-C in the terminal is not for it.
            start_new_session=True,
        )
        for one in signals:
            faulthandler.register(one, file=pipe, all_threads=False, chain=True)
    os.close(end)
