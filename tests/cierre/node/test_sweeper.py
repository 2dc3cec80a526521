"""What happens by itself: sessions that are over are closed, and what nobody can ask for any more goes."""

import asyncio

import pytest

from cierre.clock import now_ms
from cierre.node.sealer import Sealer
from cierre.node.sweeper import Sweeper
from cierre.settings import DAY, HOUR, MINUTE
from cierre.storage.repositories import audit, leases, revocations
from tests.support.running import USER


async def sweep(service, **more):
    await free_the_lease(service)  # the node's own sweeper may have it
    await Sweeper(service.services, **more).sweep()


async def count(service, table, where="true"):
    return (await service.rows(f"SELECT count(*) AS count FROM {table} WHERE {where}"))[0]["count"]


async def free_the_lease(service, name="sweeper"):
    async with asyncio.timeout(60):  # the node itself takes it first of all
        while not await count(service, "leases", f"name = '{name}'"):  # noqa: ASYNC110 - a task of the node does
            await asyncio.sleep(0.01)
    async with service.services.database.connect() as tx:
        tx.now = now_ms() + HOUR
        await leases.acquire(tx, name, holder="nobody", until=0)


async def test_an_idle_session_is_closed_with_its_reason(service):
    (idle,) = await service.mint(age=14 * DAY + MINUTE)
    (used,) = await service.mint(age=13 * DAY)
    await sweep(service)
    (row,) = await service.audit()
    assert (row["session_id"], row["event"], row["logout_type"], row["reason"]) == (
        idle.session_id,
        "security_logout",
        "automatic",
        "inactivity",
    )
    assert row["sessions_closed"] == 1
    assert service.services.denylist.denies(idle.session_id, USER, 0)
    assert not service.services.denylist.denies(used.session_id, USER, 0)
    refused = await service.client.post("/api/v1/auth/refresh", json={"refreshToken": idle.refresh})
    assert refused.status_code == 401


async def test_a_session_that_is_too_old_is_closed_however_busy(start_service, database_url):
    service = await start_service(database_url, session_ttl=DAY)
    (old,) = await service.mint(age=DAY + MINUTE)
    await sweep(service)
    (row,) = await service.audit(session_id=old.session_id)
    assert row["reason"] == "expired"


@pytest.mark.parametrize(
    ("changes", "reason"), [({"idle_timeout": HOUR}, "inactivity"), ({"session_ttl": HOUR}, "expired")]
)
async def test_at_use_it_needs_no_sweeper(start_service, database_url, changes, reason):
    service = await start_service(database_url, access_ttl=DAY, sweep_interval=HOUR, **changes)
    (session,) = await service.mint(age=2 * HOUR)
    assert (await service.sessions(session.access)).status_code == 401
    (row,) = await service.audit(session_id=session.session_id)
    assert row["reason"] == reason
    refused = await service.client.post("/api/v1/auth/refresh", json={"refreshToken": session.refresh})
    assert refused.status_code == 401


async def test_it_takes_as_many_batches_as_it_needs(service):
    await service.mint(25, age=15 * DAY)
    await sweep(service, batch=4)
    assert await count(service, "sessions", "closed_at IS NULL") == 0
    assert len(await service.audit(reason="inactivity")) == 25


async def test_one_node_does_it_at_a_time(service):
    await free_the_lease(service)
    first, second = Sweeper(service.services), Sweeper(service.services)
    await first.sweep()
    await service.mint(age=15 * DAY)
    await second.sweep()
    assert await count(service, "sessions", "closed_at IS NOT NULL") == 0
    await first.sweep()
    assert await count(service, "sessions", "closed_at IS NOT NULL") == 1


async def test_a_lease_outlives_no_node_by_much(service):
    await free_the_lease(service)
    first, second = Sweeper(service.services), Sweeper(service.services)
    await first.sweep()
    await service.mint(age=15 * DAY)
    await free_the_lease(service)
    await second.sweep()
    assert await count(service, "sessions", "closed_at IS NOT NULL") == 1


async def test_sweepers_at_once_close_each_session_once(service):
    await service.mint(30, age=15 * DAY)

    async def ruthless():
        sweeper = Sweeper(service.services, batch=5)
        sweeper._mine = lambda _: asyncio.sleep(0, result=True)
        await sweeper.sweep()

    await asyncio.gather(*[ruthless() for _ in range(3)])
    assert len(await service.audit(reason="inactivity")) == 30


async def test_what_is_dead_goes_and_what_may_be_asked_for_stays(start_service, database_url):
    service = await start_service(database_url, session_ttl=10 * DAY, refresh_ttl=5 * DAY, audit_retention=30 * DAY)
    (gone,) = await service.mint(age=20 * DAY)
    (closed,) = await service.mint()
    (tired,) = await service.mint(age=7 * DAY)
    await service.logout(closed.access)
    opaque = await service.login(tokenFormat="opaque")
    await service.logout(opaque["accessToken"])
    await sweep(service, batch=2)
    await age_everything(service, 11 * DAY + HOUR, closed.session_id)
    await sweep(service, batch=2)
    left = {row["id"] for row in await service.rows("SELECT id FROM sessions")}
    assert gone.session_id not in left
    assert closed.session_id not in left
    assert tired.session_id in left
    assert opaque["sessionId"] in left
    assert await count(service, "refresh_tokens", f"session_id = '{closed.session_id}'") == 0
    assert await count(service, "refresh_tokens", f"session_id = '{tired.session_id}'") == 0, "expired for a day"
    assert await count(service, "refresh_tokens", f"session_id = '{opaque['sessionId']}'") == 1
    assert await count(service, "sanctum_sessions") == 1


async def age_everything(service, by, session_id):
    from sqlalchemy import text

    from cierre.storage.statements import Statement

    async with service.services.database.connect() as tx:
        await tx.run(
            Statement(text("UPDATE sessions SET expires_at = expires_at - :by WHERE id = :id")), by=by, id=session_id
        )


async def test_revocations_go_an_hour_after_their_last_token(service):
    one, two = await service.mint(2)
    await service.logout(one.access)
    await service.logout(two.access)
    until = (await service.rows("SELECT max(expires_at) AS until FROM revocations"))[0]["until"]
    async with service.services.database.connect() as tx:
        assert await revocations.purge(tx, before=until - MINUTE, limit=10) == 0
        assert await revocations.purge(tx, before=until + 1, limit=10) == 1, "the last number stays taken"


async def test_the_trail_is_kept_for_good_unless_said_otherwise(start_service, database_url):
    service = await start_service(database_url, audit_seal_interval=10 * MINUTE)
    keeping = await start_service(database_url, audit_retention=DAY, audit_seal_interval=10 * MINUTE)
    (session,) = await service.mint()
    async with service.services.database.connect() as tx:
        tx.now = now_ms() - 2 * DAY
        from cierre.storage.repositories import sessions

        row = await sessions.find(tx, USER, session.session_id)
        from cierre.principal import Caller

        await audit.add(
            tx, event="suspicious_change", reason="suspicious_ip", caller=Caller(None, None, "t"), session=row
        )
    await service.logout(session.access)
    await sweep(service)
    assert await count(service, "audit_events") == 2
    await sweep(keeping)
    assert await count(service, "audit_events") == 2, "what is not sealed yet stays"
    await free_the_lease(service, "sealer")
    await Sealer(service.services).seal()
    await sweep(keeping)
    events = await service.rows("SELECT event, actor_type FROM audit_events ORDER BY seq")
    assert [(row["event"], row["actor_type"]) for row in events][1:] == [("audit_pruned", "system")]


async def test_the_node_sweeps_by_itself(start_service, database_url):
    service = await start_service(database_url, sweep_interval=50)
    await service.mint(age=15 * DAY)
    for _ in range(100):
        if await service.audit(reason="inactivity"):
            return
        await asyncio.sleep(0.05)
    pytest.fail("nobody swept")
