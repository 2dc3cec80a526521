"""`python -m benchmarks.counting`: what the metrics cost a logout, as a share of its CPU time, the kernel's aside.

The service runs in this process, on SQLite; requests are given to the application itself, 16 at once, so that what HTTP
and a network cost is not in the denominator. Rounds alternate: logouts with all that is counted and measured, and the
counting of those very logouts alone, again and again. `--shared`: as with `--workers`, where values are in files.
"""

import asyncio
import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from resource import RUSAGE_THREAD, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

LOGOUT = "/api/v1/auth/logout"
REPEATS = 20
AT_ONCE = 16
# Of a logout's CPU time: the goal.
GOAL = 0.03


class Round(NamedTuple):
    """CPU seconds of one logout, and of the counting of one."""

    logout: float
    counting: float


async def rounds_of(folder: Path, rounds: int, logouts: int) -> list[Round]:
    """Measure in a new database in the folder."""
    # The metrics' client reads where values are kept at its import.
    from cierre.app import assemble  # noqa: PLC0415
    from cierre.cli import demo_data, logs  # noqa: PLC0415
    from cierre.domain.passwords import Passwords  # noqa: PLC0415
    from cierre.http import edge, measuring  # noqa: PLC0415
    from cierre.services import build  # noqa: PLC0415
    from cierre.settings import Settings  # noqa: PLC0415
    from cierre.storage import migrate  # noqa: PLC0415
    from tests.support.running import lifespan, mint  # noqa: PLC0415

    # Two lines a logout, as in production.
    logs.configure("json")
    url = f"sqlite:///{folder / 'cierre.db'}"
    await asyncio.to_thread(migrate.upgrade, url)
    services = build(Settings(database_url=url, data_dir=folder, issuer="http://localhost:3000", rate_limit="failures"))
    app = assemble(services)
    counted: list[tuple[Any, int]] = []

    class Recorded:
        """Counts, and remembers what."""

        @staticmethod
        def count(request: Any, status: int) -> None:
            counted.append((request, status))
            measuring.count(request, status)

    edge.measuring = Recorded  # type: ignore[assignment]
    found = []
    async with lifespan(app):
        await demo_data.fill(services.database, Passwords(memory=8, passes=1), tokenable_type="App\\Models\\User")
        for _ in range(rounds + 1):
            tokens = [one.access for one in await mint(services, logouts)]
            counted.clear()
            begun = _user_time()
            for first in range(0, logouts, AT_ONCE):
                await asyncio.gather(*[_post(app, token) for token in tokens[first : first + AT_ONCE]])
            logout = (_user_time() - begun) / logouts
            assert [status for _, status in counted] == [200] * logouts
            begun = _user_time()
            for _ in range(REPEATS):
                for request, status in counted:
                    measuring.count(request, status)
            found.append(Round(logout, (_user_time() - begun) / logouts / REPEATS))
    # The first one compiles statements.
    return found[1:]


async def _post(app: Any, token: str) -> None:
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": LOGOUT,
        "raw_path": LOGOUT.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"localhost:3000"), (b"authorization", f"Bearer {token}".encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 3000),
        "state": {},
        "extensions": {},
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: dict[str, Any]) -> None:
        return

    await app(scope, receive, send)


def _user_time() -> float:
    """CPU seconds of this thread, without those of the kernel: what a disk costs is no logout's."""
    return getrusage(RUSAGE_THREAD).ru_utime


def share(found: Sequence[Round]) -> float:
    """The part of a logout's CPU time that counting takes: the median of the rounds."""
    return median(one.counting / one.logout for one in found)


def main() -> int:
    parser = ArgumentParser(prog="python -m benchmarks.counting", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--logouts", type=int, default=500, help="of each round")
    parser.add_argument("--shared", action="store_true", help="values in files, as with --workers")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="cierre-counting-") as name:
        folder = Path(name)
        if options.shared:
            (folder / "metrics").mkdir()
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder / "metrics")
        with (folder / "log").open("w") as log:
            standard, sys.stdout = sys.stdout, log
            try:
                found = asyncio.run(rounds_of(folder, options.rounds, options.logouts))
            finally:
                sys.stdout = standard
    logout, counting = (median(column) * 1e6 for column in zip(*found, strict=True))
    part = share(found)
    print(f"a logout {logout:.0f} µs of CPU, its counting {counting:.1f} µs: {part:.1%}; the goal is {GOAL:.0%}")
    return 0 if part <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
