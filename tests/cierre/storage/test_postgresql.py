"""PostgreSQL's transactions: their isolation, whichever is the database's own, and rows that others have locked."""

import asyncio
import time
from contextlib import nullcontext

import asyncpg
import pytest
from sqlalchemy import text

from cierre.errors import ServiceUnavailable, TransactionConflict
from cierre.settings import DatabaseLimits
from cierre.storage.database import open_url
from cierre.storage.postgresql import driver_errors
from cierre.storage.statements import Statement
from tests.support.running import ADMIN, USER

ISOLATION = Statement(text("SELECT current_setting('transaction_isolation') AS level"))
LOCK_SESSIONS = "SELECT id FROM sessions WHERE user_id = $1 FOR UPDATE"


@pytest.fixture
async def strict(postgres_url):
    """A database whose own isolation is the strictest."""
    name = postgres_url.rpartition("/")[2]
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    yield postgres_url
    await connection.execute(f"ALTER DATABASE {name} RESET default_transaction_isolation")
    await connection.close()


@pytest.fixture
async def opened(postgres_url):
    """`await opened(url=…, **limits)`: the database, connected."""
    databases = []

    async def open_it(url=postgres_url, **limits):
        database = open_url(url, limits=DatabaseLimits(**limits))
        await database.open()
        databases.append(database)
        return database

    yield open_it
    for database in databases:
        await database.close()


@pytest.fixture
async def psql(postgres_url):
    """A connection beside the service's: it locks rows, and ends with the test."""
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


# --- plans


@pytest.mark.parametrize("in_transaction", [False, True])
async def test_a_statement_is_planned_for_its_values_where_it_says_so_alone(opened, in_transaction):
    database = await opened()
    setting = text("SELECT current_setting('plan_cache_mode') AS mode")
    async with database.connect() as tx:
        async with tx.atomic() if in_transaction else nullcontext():
            assert (await tx.rows(Statement(setting)))[0]["mode"] == "force_generic_plan"
            assert (await tx.rows(Statement(setting, planned_anew=True)))[0]["mode"] == "force_custom_plan"
        assert (await tx.rows(Statement(setting)))[0]["mode"] == "force_generic_plan"


# --- isolation


async def test_a_stricter_isolation_of_the_database_changes_nothing(strict, opened):
    database = await opened(strict)
    async with database.connect() as tx:
        assert (await tx.rows(ISOLATION))[0]["level"] == "read committed"
        async with tx.atomic():
            assert (await tx.rows(ISOLATION))[0]["level"] == "read committed"


async def test_logouts_at_once_succeed_where_the_database_is_serializable(start_service, strict):
    service = await start_service(strict)
    minted = await service.mint(48)
    answers = await asyncio.gather(
        *[service.logout(one.access) for one in minted], *[service.logout(one.access) for one in minted]
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 48 + [404] * 48
    assert len(await service.audit()) == 48


async def test_a_statement_that_was_aborted_for_another_runs_again(opened, monkeypatch):
    database = await opened()
    async with database.connect() as tx:
        tries = _aborting(monkeypatch, tx, asyncpg.SerializationError, times=2)
        assert len(await tx.rows(ISOLATION)) == 1
        assert tries == [1, 2]


async def test_it_runs_three_times_at_most(opened, monkeypatch):
    database = await opened()
    async with database.connect() as tx:
        tries = _aborting(monkeypatch, tx, asyncpg.DeadlockDetectedError, times=9)
        with pytest.raises(asyncpg.DeadlockDetectedError):
            await tx.rows(ISOLATION)
    assert tries == [1, 2, 3]


def test_what_was_undone_for_another_transaction_is_known_by_its_error():
    with pytest.raises(TransactionConflict), driver_errors():
        raise asyncpg.SerializationError


def _aborting(monkeypatch, tx, failure, *, times):
    """Let the first statements of a connection fail so. Returns the list of those failures, as it grows."""
    tries, fetch = [], tx._connection.fetch

    async def aborted(*arguments):
        if len(tries) == times:
            return await fetch(*arguments)
        tries.append(len(tries) + 1)
        raise failure

    monkeypatch.setattr(tx, "_connection", _Instead(tx._connection, fetch=aborted))
    return tries


class _Instead:
    """A connection with another method."""

    def __init__(self, connection, **methods):
        self._connection = connection
        self.__dict__.update(methods)

    def __getattr__(self, name):
        return getattr(self._connection, name)


async def test_a_request_whose_transaction_was_undone_is_carried_out_again(start_service, postgres_url, psql):
    """ "Close all" locks the user and then the sessions; who locks them the other way round makes a deadlock."""
    service = await start_service(postgres_url, lock_timeout=20_000, statement_timeout=30_000)
    (session,) = await service.mint()
    # The service's side notices first, and gives way.
    await psql.execute("SET deadlock_timeout = '60s'")
    async with psql.transaction():
        await psql.fetch(LOCK_SESSIONS, USER)
        closing = asyncio.create_task(service.logout(session.access, {"logoutAll": True}))
        await _waiting(psql)
        await psql.execute("UPDATE users SET role = role WHERE id = $1", USER)
    assert (await closing).status_code == 200
    assert len(await service.audit(session_id=session.session_id)) == 1


# --- locked rows


async def test_a_locked_row_of_one_user_holds_up_nobody_else(start_service, postgres_url, psql):
    service = await start_service(postgres_url, lock_timeout=20_000, statement_timeout=30_000, pool_timeout=20_000)
    minted = await service.mint(40)
    others = await service.mint(5, ADMIN)
    async with psql.transaction():
        await psql.fetch("SELECT id FROM users WHERE id = $1 FOR UPDATE", USER)
        await psql.fetch(LOCK_SESSIONS, USER)
        bodies = [{"logoutAll": number % 2 == 0} for number in range(40)]
        waiting = [
            asyncio.create_task(service.logout(one.access, body)) for one, body in zip(minted, bodies, strict=True)
        ]
        await _waiting(psql)
        async with asyncio.timeout(10):
            answers = [await service.logout(other.access) for other in others]
        assert {answer.status_code for answer in answers} == {200}
        assert not any(task.done() for task in waiting)
    assert {answer.status_code for answer in await asyncio.gather(*waiting)} <= {200, 404}
    assert len(await service.audit(user_id=USER)) == 40


async def test_tokens_of_many_sessions_of_a_user_hold_up_nobody_else(start_service, postgres_url, psql):
    """A session's use is recorded, which waits as well: each with a token of its own."""
    service = await start_service(postgres_url, lock_timeout=20_000, statement_timeout=30_000, pool_timeout=20_000)
    minted = await service.mint(40, age=120_000)
    (other,) = await service.mint(1, ADMIN)
    async with psql.transaction():
        await psql.fetch(LOCK_SESSIONS, USER)
        waiting = [asyncio.create_task(service.sessions(one.access)) for one in minted]
        await _waiting(psql)
        async with asyncio.timeout(10):
            assert (await service.logout(other.access)).status_code == 200
        assert not any(task.done() for task in waiting)
    assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {200}


async def test_a_closing_waits_for_a_locked_row_no_longer_than_the_lock_timeout(start_service, postgres_url, psql):
    service = await start_service(postgres_url, lock_timeout=100)
    (session,) = await service.mint()
    async with psql.transaction():
        await psql.fetch(LOCK_SESSIONS, USER)
        answer = await service.logout(session.access)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
    assert await service.audit() == []
    assert (await service.logout(session.access)).status_code == 200


async def test_a_statement_that_runs_too_long_is_ended_and_its_connection_is_used_again(opened):
    database = await opened(statement_timeout=50, pool_size=1)
    processes = []

    async def run(statement):
        async with database.connect() as tx:
            processes.append(tx._connection.get_server_pid())
            return await tx.rows(statement)

    with pytest.raises(ServiceUnavailable):
        await run(Statement(text("SELECT pg_sleep(60)")))
    assert len(await run(ISOLATION)) == 1
    assert len(set(processes)) == 1


async def test_a_transaction_that_does_nothing_ends_and_frees_what_it_locked(opened, psql):
    database = await opened(idle_transaction_timeout=50)

    async def idle():
        async with database.connect() as tx, tx.atomic():
            await tx.rows(Statement(text(f"SELECT id FROM users WHERE id = '{USER}' FOR UPDATE")))
            await psql.execute("UPDATE users SET role = role WHERE id = $1", USER)
            await tx.rows(ISOLATION)

    with pytest.raises(ServiceUnavailable):
        await idle()


# --- connections that the server closed


async def test_one_lost_connection_closes_those_that_are_free(opened, psql):
    """After an outage a request fails once at the most, not once for each connection that was made before it."""
    database = await opened(pool_size=2)
    async with database.connect() as one, database.connect() as other:
        processes = {tx._connection.get_server_pid() for tx in (one, other)}

    async def lose_one():
        async with database.connect() as tx:
            await psql.fetchval("SELECT pg_terminate_backend($1)", tx._connection.get_server_pid())
            await tx.rows(ISOLATION)

    with pytest.raises(ServiceUnavailable):
        await lose_one()
    async with database.connect() as tx:
        assert tx._connection.get_server_pid() not in processes
        assert len(await tx.rows(ISOLATION)) == 1


async def _waiting(connection):
    """Until a statement in the connection's database waits for a lock."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    deadline = time.monotonic() + 10
    while not await connection.fetchval(asked):
        assert time.monotonic() < deadline, "nothing waits"
        await asyncio.sleep(0.01)
