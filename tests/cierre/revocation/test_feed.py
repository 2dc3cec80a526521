"""Revocation reaches every node: told, or found out by looking; never lost, and never for want of trying."""

import asyncio

import asyncpg
import pytest

from cierre.clock import now_ms
from cierre.errors import ServiceUnavailable
from cierre.revocation.denylist import Denylist
from cierre.revocation.feed import Feed
from cierre.settings import DatabaseLimits
from cierre.storage.database import open_url
from cierre.storage.repositories import revocations
from cierre.tokens.opaque import new_id
from tests.support.eventually import eventually
from tests.support.running import USER, run_apart


@pytest.fixture
async def follow(database_url):
    """`await follow(poll_interval=…)`: a denylist kept true by a database connection of its own."""
    feeds = []

    async def start(poll_interval=60_000, url=database_url, database=None):
        database = database or open_url(url, limits=DatabaseLimits(pool_size=2))
        await database.open()
        denylist = Denylist()
        feed = Feed(database, denylist, poll_interval=poll_interval)
        feeds.append((feed, database))
        await feed.start()
        return denylist

    yield start
    for feed, database in feeds:
        await feed.stop()
        await database.close()


@pytest.fixture
async def reading_role(postgres_url):
    """The database's URL for a role that may read `revocations`, as docs/verifier.md makes it, and do nothing else."""
    role = f"reader_{new_id()}"
    admin = await asyncpg.connect(postgres_url)
    await admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'reader'")
    await admin.execute(f"GRANT SELECT ON revocations TO {role}")
    _, _, address = postgres_url.rpartition("@")
    yield f"postgresql://{role}:reader@{address}"
    await admin.execute(f"DROP OWNED BY {role}")
    await admin.execute(f"DROP ROLE {role}")
    await admin.close()


async def test_what_was_revoked_before_the_start_is_known_after_it(service, follow):
    one, other = await service.mint(2)
    await service.logout(one.access)
    denylist = await follow()
    assert denylist.denies(one.session_id, USER, 0)
    assert not denylist.denies(other.session_id, USER, 0)


async def test_closing_all_is_one_entry_that_spares_later_sessions(service, follow):
    made = await service.mint(3)
    assert (await service.logout(made[0].access, {"logoutAll": True})).status_code == 200
    denylist = await follow()
    assert len(denylist) == 1
    assert all(denylist.denies(one.session_id, USER, 0) for one in made)
    assert not denylist.denies("0" * 24, USER, 1)


async def test_other_nodes_are_told_at_once(start_service, postgres_url):
    service = await start_service(postgres_url)
    other = await start_service(postgres_url, poll_interval=3_600_000)
    (one,) = await service.mint()
    await service.logout(one.access)
    await eventually(lambda: other.services.denylist.denies(one.session_id, USER, 0))
    (one,) = await service.mint()
    await service.logout(one.access, {"logoutAll": True})
    await eventually(lambda: other.services.denylist.denies(one.session_id, USER, 0))


async def test_a_message_that_is_lost_is_found_by_the_poll(service, follow, monkeypatch):
    denylist = await follow(poll_interval=50)
    # As behind a pooler that multiplexes connections: LISTEN succeeds, and nothing ever comes.
    monkeypatch.setattr(revocations, "notify", lambda *_: asyncio.sleep(0))
    (one,) = await service.mint()
    await service.logout(one.access)
    await eventually(lambda: denylist.denies(one.session_id, USER, 0))


async def test_a_transaction_that_commits_late_is_not_missed(start_service, postgres_url):
    """Its number is smaller than those that were seen meanwhile."""
    node = await start_service(postgres_url, poll_interval=20)
    denylist, until = node.services.denylist, now_ms() + 900_000
    insert = (
        "INSERT INTO revocations (transaction_id, user_id, session_id, expires_at)"
        " VALUES (pg_current_xact_id()::text::bigint, $1, $2, $3)"
    )
    slow, quick = await asyncpg.connect(postgres_url), await asyncpg.connect(postgres_url)
    try:
        transaction = slow.transaction()
        await transaction.start()
        await slow.execute(insert, USER, "a" * 24, until)
        await quick.execute(insert, USER, "b" * 24, until)
        await eventually(lambda: denylist.denies("b" * 24, USER, 0))
        await asyncio.sleep(0.1)
        assert not denylist.denies("a" * 24, USER, 0)
        await transaction.commit()
        await eventually(lambda: denylist.denies("a" * 24, USER, 0))
    finally:
        await slow.close()
        await quick.close()


async def test_a_number_never_comes_twice_however_much_is_purged(service, follow):
    denylist = await follow(poll_interval=20)
    one, other = await service.mint(2)
    await service.logout(one.access)
    await eventually(lambda: denylist.denies(one.session_id, USER, 0))
    async with service.services.database.connect() as tx:
        await revocations.purge(tx, before=now_ms() + 10**9, limit=100)
    await service.logout(other.access)
    await eventually(lambda: denylist.denies(other.session_id, USER, 0))


async def test_a_connection_that_is_cut_is_made_again_and_nothing_is_missed(start_service, postgres_url):
    node = await start_service(postgres_url, poll_interval=50)
    service = await start_service(postgres_url)

    async def cut():
        connection = await asyncpg.connect(postgres_url)
        await connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await connection.close()

    for _ in range(3):
        (one,) = await service.mint()
        await cut()
        answer = await service.logout(one.access)
        if answer.status_code == 503:
            answer = await service.logout(one.access)
        assert answer.status_code in {200, 404}
        await eventually(lambda one=one: node.services.denylist.denies(one.session_id, USER, 0))


async def test_an_outage_ends_neither_the_feed_nor_what_it_knows(start_service, postgres_url):
    from tests.support.running import select

    node = await start_service(postgres_url, poll_interval=50)
    service = await start_service(postgres_url)
    one, other = await service.mint(2)
    await service.logout(one.access)
    await eventually(lambda: node.services.denylist.denies(one.session_id, USER, 0))
    name = postgres_url.rpartition("/")[2]
    admin = await asyncpg.connect(postgres_url.rpartition("/")[0] + "/postgres")
    try:
        await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await admin.fetch("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
        refused = await node.sessions(other.access)
        assert refused.status_code == 503
        assert refused.headers["Retry-After"]
        assert (await node.sessions(one.access)).status_code == 401, "memory is enough to refuse"
        await asyncio.sleep(0.3)
    finally:
        await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await admin.close()
    assert (await service.logout(other.access)).status_code == 200
    await eventually(lambda: node.services.denylist.denies(other.session_id, USER, 0))
    assert await select(node.services.database, "SELECT 1 AS one") == [{"one": 1}]


async def test_a_notification_says_nothing_that_is_believed(start_service, postgres_url, reading_role):
    """Every role that may connect may NOTIFY: of a role that may only read, no message locks anybody out."""
    node = await start_service(postgres_url, poll_interval=3_600_000)
    (one,) = await node.mint()
    far = now_ms() + 10**9
    reader = await asyncpg.connect(reading_role)
    for payload in (
        f"user,{USER},999999999,{far}",
        f"session,{one.session_id},{far}",
        "nonsense",
        "",
    ):
        await reader.execute("SELECT pg_notify('cierre_revoked', $1)", payload)
    await reader.close()
    looked = node.services.feed
    await eventually(lambda: looked.age < 0.1)
    await asyncio.sleep(0.2)
    assert (await node.sessions(one.access)).status_code == 200
    assert (await node.sessions((await node.login())["accessToken"])).status_code == 200
    assert len(node.services.denylist) == 0


async def test_notifications_without_end_make_no_node_read_without_end(
    start_service, postgres_url, reading_role, monkeypatch
):
    node = await start_service(postgres_url, poll_interval=3_600_000)
    horizon, looks = revocations.horizon, []

    async def counting(tx):
        looks.append(now_ms())
        return await horizon(tx)

    monkeypatch.setattr(revocations, "horizon", counting)
    reader = await asyncpg.connect(reading_role)
    began = now_ms()
    for _ in range(1_000):
        await reader.execute("NOTIFY cierre_revoked")
    await reader.close()
    await eventually(lambda: looks)
    assert len(looks) <= 2 + (now_ms() - began) // 10
    (one,) = await node.mint()
    assert (await node.logout(one.access)).status_code == 200


async def test_without_a_database_it_does_not_start(monkeypatch):
    monkeypatch.setattr("cierre.revocation.feed._PATIENCE", 0.2)
    feed = Feed(open_url("postgresql://nobody@127.0.0.1:1/none"), Denylist(), poll_interval=50)
    with pytest.raises(ServiceUnavailable):
        await feed.start()


def test_pages_cover_everything_once(database_url):
    async def context():
        database = open_url(database_url)
        await database.open()
        async with database.connect() as tx:
            from sqlalchemy import insert

            from cierre.storage.statements import Statement
            from cierre.storage.tables import revocations as table

            for number in range(25):
                await tx.run(
                    Statement(
                        insert(table).values(
                            transaction_id=number // 4, user_id=USER, session_id=f"{number:024x}", expires_at=2**50
                        )
                    )
                )
            found = [row["session_id"] async for page in revocations.since(tx, 0, page=3) for row in page]
        await database.close()
        return found

    assert run_apart(context()) == [f"{number:024x}" for number in range(25)]
