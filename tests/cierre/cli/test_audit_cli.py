"""`cierre audit`: retention, and the erasure of a user."""

import asyncio

import pytest
from click.testing import CliRunner

from cierre.cli.audit import command
from cierre.storage.database import open_url
from tests.support.running import EMAIL, USER, run_apart, select


def run(*arguments):
    return CliRunner().invoke(command, arguments)


def rows(url, sql):
    async def context():
        database = open_url(url)
        await database.open()
        try:
            return await select(database, sql)
        finally:
            await database.close()

    return run_apart(context())


@pytest.fixture
async def trail(start_service, database_url):
    """A user with an open session, a closed one, and an answer that is kept for a retry."""
    service = await start_service(database_url)
    one, other = await service.mint(2)
    assert (
        await service.logout(one.access, **{"Idempotency-Key": "key-1", "User-Agent": "Bob's phone"})
    ).status_code == 200
    return service, other


async def test_erasing_a_user_leaves_his_events_without_him(trail, database_url, tmp_path):
    service, still_open = trail
    where = ("--database-url", database_url, "--data-dir", str(tmp_path))
    done = await asyncio.to_thread(run, "erase", EMAIL[USER], *where)
    assert done.exit_code == 0, done.output
    assert "is erased" in done.output
    assert (await service.sessions(still_open.access)).status_code == 401
    everything = ""
    for table in ("users", "sessions", "audit_events", "idempotency_keys", "refresh_tokens", "revocations"):
        everything += str([row for row in await service.rows(f"SELECT * FROM {table}") if USER in str(row)])
    for personal in (EMAIL[USER], "127.0.0.1", "minted", "Bob", "python-httpx"):
        assert personal not in everything
    assert await service.rows("SELECT * FROM idempotency_keys") == []
    assert len(await service.audit(user_id=USER)) == 2
    answer = await service.client.post("/api/v1/auth/login", json={"username": EMAIL[USER], "password": "cierre-demo"})
    assert answer.status_code == 401


async def test_purging_is_pruning_by_its_old_name(trail, database_url, tmp_path):
    service, _ = trail
    where = ("--database-url", database_url, "--data-dir", str(tmp_path))
    kept = await asyncio.to_thread(run, "purge", "--older-than", "1d", *where)
    assert "0 events deleted" in kept.output.splitlines()
    async with asyncio.timeout(60):
        while not await service.rows("SELECT * FROM audit_links"):  # noqa: ASYNC110 - a task of the node seals it
            await asyncio.sleep(0.05)
    gone = await asyncio.to_thread(run, "purge", "--older-than", "1ms", *where)
    assert "1 events deleted" in gone.output.splitlines()
    assert await service.audit() == []


def test_a_mistake_is_one_line(database_url, tmp_path):
    where = ("--database-url", database_url, "--data-dir", str(tmp_path))
    unknown = run("erase", "nobody@ejemplo.com", *where)
    assert unknown.exit_code == 2
    assert run("purge", *where).exit_code == 2
    assert run("purge", "--older-than", "soon", *where).exit_code == 2
    assert rows(database_url, "SELECT count(*) AS count FROM users") == [{"count": 3}]
