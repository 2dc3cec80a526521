"""How many connections a process holds, by the files that it may open."""

import subprocess
import sys

import pytest

from cierre.server import descriptors
from cierre.server.descriptors import Room, room


@pytest.mark.parametrize(
    ("files", "most", "expected"),
    [
        (120, 2000, Room(42, 14)),
        (1024, 2000, Room(720, 240)),
        (1_000_000, 2000, Room(2000, 256)),
        (1_000_000, 10, Room(10, 256)),
        (None, 2000, Room(2000, 256)),
        (10, 2000, Room(1, 1)),
    ],
)
def test_some_files_are_left_to_the_process_and_some_to_refusals(monkeypatch, files, most, expected):
    monkeypatch.setattr(descriptors, "_soft_limit", lambda: files)
    assert room(most) == expected


def test_the_soft_limit_is_raised_to_the_hard_one():
    script = (
        "import resource\n"
        "_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (50, 200))\n"
        "from cierre.server.descriptors import raise_limit\n"
        "raise_limit()\n"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "(200, 200)"
