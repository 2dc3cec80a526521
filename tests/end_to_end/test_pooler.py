"""Through PgBouncer in transaction mode, and with several hosts: everything holds, and only the primary is asked."""

import asyncio
import re

import asyncpg
import pytest

from benchmarks import pooler
from cierre.errors import ServiceUnavailable
from cierre.storage import migrate
from cierre.storage.database import UnknownDatabase, open_url
from cierre.storage.postgresql_connections import SESSION
from tests.cierre.storage.test_query_plans import every_request
from tests.conftest import missing
from tests.support.eventually import eventually
from tests.support.running import USER, free_port

PASSED_OVER = [*SESSION, "lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"]


@pytest.fixture
def pooled_url(postgres_url, tmp_path):
    """The test's database, through PgBouncer."""
    if not pooler.is_installed():
        missing("pgbouncer is not installed")
    with pooler.before(postgres_url, tmp_path) as url:
        yield url


async def test_each_operation_works_and_no_statement_is_missed_by_another_connection(start_service, pooled_url):
    service = await start_service(pooled_url, refresh_grace=1)
    assert service.services.database._connector.pooled
    statuses = []

    async def note(answer):
        statuses.append(answer.status_code)

    service.client.event_hooks["response"].append(note)
    minted = await service.mint(40)
    answers = await asyncio.gather(*[service.logout(one.access) for one in minted + minted])
    assert sorted(answer.status_code for answer in answers) == [200] * 40 + [404] * 40
    await every_request(service)
    assert max(statuses) < 500


async def test_a_pooler_that_passes_over_our_settings_is_noticed_all_the_same(start_service, postgres_url, tmp_path):
    if not pooler.is_installed():
        missing("pgbouncer is not installed")
    with pooler.before(postgres_url, tmp_path, ignored=",".join(PASSED_OVER)) as url:
        service = await start_service(url)
        assert service.services.database._connector.pooled
        minted = await service.mint(20)
        answers = await asyncio.gather(*[service.logout(one.access) for one in minted])
        assert {answer.status_code for answer in answers} == {200}
        await service.services.database.close()


async def test_the_schema_is_migrated_through_it(pooled_url):
    await asyncio.to_thread(migrate.upgrade, pooled_url)
    assert await asyncio.to_thread(migrate.current, pooled_url) == migrate.newest()


async def test_a_closed_session_is_refused_by_another_node_at_once_and_is_in_its_memory_after_its_look(
    start_service, pooled_url
):
    one, other = [await start_service(pooled_url, poll_interval=200) for _ in range(2)]
    for session in await one.mint(5):
        assert (await other.sessions(session.access)).status_code == 200
        assert (await one.logout(session.access)).status_code == 200
        # Not by its memory: it asks the database whether a session is open.
        assert (await other.sessions(session.access)).status_code == 401
        # A resource server has the memory alone: it is as late as its look, a fifth of a second here.
        memory = other.services.denylist
        await eventually(lambda memory=memory, one=session: memory.denies(one.session_id, one.user_id, 0))


async def test_a_serializable_database_behind_it_changes_nothing(start_service, postgres_url, pooled_url):
    name = postgres_url.rpartition("/")[2]
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
        service = await start_service(pooled_url)
        minted = await service.mint(24)
        answers = await asyncio.gather(*[service.logout(one.access) for one in minted + minted])
        assert {answer.status_code for answer in answers} <= {200, 404, 503}
        closed = [answer for answer in answers if answer.status_code == 200]
        assert len(await service.audit(user_id=USER)) == len(closed)
    finally:
        await connection.execute(f"ALTER DATABASE {name} RESET default_transaction_isolation")
        await connection.close()


async def test_what_the_role_lacks_is_told_with_what_to_do(pooled_url, capsys):
    database = open_url(pooled_url)
    await database.open()
    await database.close()
    printed = capsys.readouterr().out
    assert "session_settings" in printed
    assert "ALTER ROLE … SET lock_timeout = '3000'" in printed


# --- several hosts


async def test_of_several_hosts_the_one_that_writes_is_found(start_service, postgres_url):
    url = re.sub(r"@([^/]+)", rf"@127.0.0.1:{free_port()},\1", postgres_url) + "?target_session_attrs=read-write"
    service = await start_service(url)
    (session,) = await service.mint()
    assert (await service.logout(session.access)).status_code == 200
    assert await asyncio.to_thread(migrate.current, url) == migrate.newest()


async def test_a_host_that_says_nothing_keeps_nobody_from_the_next_one(start_service, postgres_url):
    """A machine that vanished refuses no connection; the one that has become the primary is asked all the same."""
    held = []
    server = await asyncio.start_server(lambda _reader, writer: held.append(writer), "127.0.0.1", 0)
    silent = server.sockets[0].getsockname()[1]
    try:
        url = re.sub(r"@([^/]+)", rf"@127.0.0.1:{silent},\1", postgres_url)
        service = await start_service(url, pool_timeout=1_000)
        (session,) = await service.mint()
        assert (await service.logout(session.access)).status_code == 200
        assert await asyncio.to_thread(migrate.current, url) == migrate.newest()
    finally:
        for writer in held:
            writer.close()
        server.close()


@pytest.mark.parametrize("attribute", ["any", "standby", "prefer-standby", "read-only"])
def test_a_url_that_may_ask_a_standby_is_refused(attribute):
    """It may not have the closing yet: it would say that the session is open."""
    with pytest.raises(UnknownDatabase, match=attribute):
        open_url(f"postgresql://me:geheim@a,b/cierre?target_session_attrs={attribute}")


async def test_a_server_that_only_reads_is_not_asked(postgres_url):
    name = postgres_url.rpartition("/")[2]
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        with pytest.raises(ServiceUnavailable):
            await open_url(f"{postgres_url}?target_session_attrs=read-write").open()
    finally:
        await connection.execute("SET transaction_read_only = off")
        await connection.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        await connection.close()
