"""`/health/ready`: a database that answers reads and takes no writes is not ready, and asking costs next to nothing."""

import asyncio
import resource
from pathlib import Path

import asyncpg
import httpx
import pytest

from cierre.errors import ServiceUnavailable
from cierre.services import build
from cierre.storage.repositories import leases
from cierre.storage.write_probe import WriteProbe
from tests.support.running import LOGOUT, bearer, mint


def _wal_size(url):
    return Path(url.removeprefix("sqlite:///") + "-wal").stat().st_size


async def database_check(client, url=""):
    answer = await client.get(f"{url}/health/ready")
    return answer.status_code, answer.json()["checks"]["database"]


async def test_a_server_that_is_read_only_is_not_ready(start_service, postgres_url):
    """As a standby is before it is promoted, with the very same error."""
    service = await start_service(postgres_url, probe_interval=1)
    assert await database_check(service.client) == (200, "ok")
    name = postgres_url.rpartition("/")[2]
    admin = await asyncpg.connect(postgres_url.rpartition("/")[0] + "/postgres")
    try:
        for read_only, expected in (("on", (503, "not writable")), ("off", (200, "ok"))):
            await admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = {read_only}")
            await admin.fetch("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
            async with asyncio.timeout(10):
                while (checked := await database_check(service.client))[1] == "unreachable":  # noqa: ASYNC110 - no event tells
                    await asyncio.sleep(0.05)
            assert checked == expected
    finally:
        await admin.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        await admin.close()


async def test_a_file_that_may_not_grow_is_not_ready_until_it_may(serve, make_settings, sqlite_url):
    node = serve(sqlite_url)
    services = build(make_settings(sqlite_url))
    await services.database.open()
    (session, *_) = await mint(services, 50)
    size = _wal_size(sqlite_url)
    before = resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, (size, -1))
    async with httpx.AsyncClient(timeout=30) as client:
        await asyncio.sleep(1.1)
        assert await database_check(client, node.url) == (503, "not writable")
        assert (await client.post(node.url + LOGOUT, headers=bearer(session.access))).status_code == 503
        resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, before)
        await asyncio.sleep(1.1)
        assert await database_check(client, node.url) == (200, "ok")
        assert (await client.post(node.url + LOGOUT, headers=bearer(session.access))).status_code == 200
    await services.database.close()


async def test_however_many_ask_one_row_is_written_now_and_then(service, monkeypatch):
    write, written = leases.write, []

    async def counting(tx):
        written.append(tx)
        await write(tx)

    monkeypatch.setattr(leases, "write", counting)
    probe = WriteProbe(service.services.database, interval=60_000, patience=5_000)
    await asyncio.gather(*[probe.check() for _ in range(50)])
    await probe.check()
    assert len(written) == 1
    assert await service.rows("SELECT holder FROM leases WHERE name = 'write-probe'") == [{"holder": ""}]


async def test_a_write_that_takes_too_long_is_none(service, monkeypatch):
    monkeypatch.setattr(leases, "write", lambda _: asyncio.sleep(60))
    probe = WriteProbe(service.services.database, interval=60_000, patience=50)
    for _ in range(2):
        with pytest.raises(ServiceUnavailable):
            await probe.check()
