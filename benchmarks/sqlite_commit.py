"""`python -m benchmarks.sqlite_commit`: what group commit brings on SQLite.

Small transactions, so many at once, on a new database in the current folder's file system: with group commit, as the
service has it, and with SQLite's own flush at each commit (`synchronous=FULL`). Rounds of one and the other alternate.
docs/decisions/0013-sqlite-group-commit.md has what was found.
"""

import asyncio
import sqlite3
import sys
import time
from argparse import ArgumentParser
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from cierre.settings import DatabaseLimits
from cierre.storage import migrate
from cierre.storage.repositories import refresh_tokens
from cierre.storage.sqlite import SqliteDatabase
from cierre.storage.sqlite_log import NoLog

AT_ONCE = (1, 4, 16, 64)
_numbers = count()


class FlushedBySqlite(SqliteDatabase):
    """The same database, where each commit flushes by itself."""

    def __init__(self, path: str, *, limits: DatabaseLimits) -> None:
        super().__init__(path, limits=limits)
        self._log = NoLog()

    def _new_connection(self) -> sqlite3.Connection:
        connection = super()._new_connection()
        connection.execute("PRAGMA synchronous=FULL")
        return connection


async def round_of(database: SqliteDatabase, at_once: int, seconds: float) -> tuple[float, float]:
    """Commits a second, and the longest time for which the event loop did nothing else, in seconds."""
    end = time.perf_counter() + seconds
    done = await asyncio.gather(*[_commit_until(database, end) for _ in range(at_once)], _longest_pause(end))
    return sum(done[:-1]) / seconds, done[-1]


async def _commit_until(database: SqliteDatabase, end: float) -> float:
    commits = 0
    while time.perf_counter() < end:
        async with database.connect() as tx:
            name = f"{next(_numbers):064}"
            await refresh_tokens.add(tx, token_hash=name, user_id="u", session_id="s", expires_at=0, family=None)
        commits += 1
        await asyncio.sleep(0)
    return commits


async def _longest_pause(end: float) -> float:
    longest = 0.0
    while (now := time.perf_counter()) < end:
        await asyncio.sleep(0)
        longest = max(longest, time.perf_counter() - now)
    return longest


async def measure(folder: Path, at_once: int, rounds: int, seconds: float) -> str:
    """A line of the report."""
    limits = DatabaseLimits(pool_size=max(16, at_once), pool_timeout=60_000)
    kinds = {"group": SqliteDatabase, "full": FlushedBySqlite}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in kinds}
    for number in range(rounds):
        for name, kind in kinds.items():
            path = folder / f"{at_once}-{number}-{name}.db"
            await asyncio.to_thread(migrate.upgrade, f"sqlite:///{path}")
            database = kind(str(path), limits=limits)
            await database.open()
            found[name].append(await round_of(database, at_once, seconds))
            await database.close()
    group, full = (median(commits for commits, _ in found[name]) for name in kinds)
    ratios = sorted(one[0] / other[0] for one, other in zip(found["group"], found["full"], strict=True))
    pauses = [median(pause for _, pause in found[name]) * 1000 for name in kinds]
    return (
        f"{at_once:>7} {group:>9.0f} {full:>9.0f} {median(ratios):>6.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        f" {pauses[0]:>9.1f} {pauses[1]:>9.1f}"
    )


def main() -> int:
    parser = ArgumentParser(prog="python -m benchmarks.sqlite_commit", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="of each round")
    options = parser.parse_args()
    print("at once  commits/s: group  full  ratio (of rounds)  longest pause in ms: group  full")
    with TemporaryDirectory(prefix=".sqlite-commit-", dir=Path.cwd()) as folder:
        for at_once in AT_ONCE:
            print(asyncio.run(measure(Path(folder), at_once, options.rounds, options.seconds)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
