"""SQLite's connections: few at once, and closed when they are idle."""

import asyncio
import os
from pathlib import Path

from tests.support.eventually import eventually

DESCRIPTORS = Path("/proc/self/fd")


def descriptors(path):
    """How many descriptors of this process are of the database's files."""
    found = 0
    for link in DESCRIPTORS.iterdir():
        try:
            found += str(link.readlink()).startswith(str(path))
        except FileNotFoundError:
            continue
    return found


async def test_a_burst_opens_no_more_connections_than_the_pool_has_and_leaves_one(start_service, sqlite_url):
    path = sqlite_url.removeprefix("sqlite:///")
    service = await start_service(sqlite_url, pool_size=4, pool_idle=100, pool_timeout=60_000)
    minted = await service.mint(100)
    most = 0

    async def logout(session):
        nonlocal most
        answer = await service.logout(session.access)
        most = max(most, descriptors(path))
        return answer.status_code

    assert set(await asyncio.gather(*[logout(session) for session in minted])) == {200}
    # Each connection has the database and its log open; one has the shared memory, and the group commit the log.
    assert most <= 2 * 4 + 2
    # What stays is the log of one connection (the feed's may be another) and of the group commit. SQLite keeps the
    # database's own descriptors for the connections to come: POSIX would drop the locks of all with each one closed.
    await eventually(lambda: descriptors(f"{path}-wal") <= 3)
    assert descriptors(path) <= most
    assert (await service.logout((await service.mint())[0].access)).status_code == 200


async def test_the_log_that_is_flushed_is_the_one_that_is_written(start_service, sqlite_url):
    """With its last connection SQLite would delete it: a descriptor of a deleted file flushes nothing."""
    service = await start_service(sqlite_url, pool_idle=20, poll_interval=60_000)
    for _ in range(3):
        assert (await service.logout((await service.mint())[0].access)).status_code == 200
        await asyncio.sleep(0.1)
    database = service.services.database
    assert os.fstat(database._log._file).st_ino == inode(f"{database.path}-wal")


def inode(path):
    return Path(path).stat().st_ino
