"""What one session leaves behind is bounded, however much it is used; and what is over goes."""

import asyncio

import pytest
from sqlalchemy import text

from cierre.errors import RefreshTokenReused
from cierre.node.sweeper import Sweeper
from cierre.settings import DAY
from cierre.storage.repositories import sanctum
from cierre.storage.statements import Statement
from cierre.tokens.opaque import digest
from tests.support.running import USER, bearer

REFRESH = "/api/v1/auth/refresh"
MANY = 40


async def count(service, table, where="true"):
    return (await service.rows(f"SELECT count(*) AS count FROM {table} WHERE {where}"))[0]["count"]


async def refreshed(service, token, times):
    """The refresh tokens of a session, from this one on."""
    tokens = [token]
    for _ in range(times):
        answer = await service.client.post(REFRESH, json={"refreshToken": tokens[-1]})
        assert answer.status_code == 200, answer.text
        tokens.append(answer.json()["data"]["refreshToken"])
    return tokens


async def test_a_session_leaves_two_refresh_tokens_however_often_it_is_refreshed(service):
    (session,) = await service.mint()
    await refreshed(service, session.refresh, MANY)
    assert await count(service, "refresh_tokens", f"session_id = '{session.session_id}'") == 2


@pytest.mark.parametrize("age", [2, 3, 30, MANY])
async def test_a_replay_is_recognised_however_old_the_token_is(start_service, database_url, age):
    service = await start_service(database_url, refresh_grace=1)
    (session,) = await service.mint()
    tokens = await refreshed(service, session.refresh, MANY)
    await asyncio.sleep(0.01)
    answer = await service.client.post(REFRESH, json={"refreshToken": tokens[-1 - age]})
    assert (answer.status_code, answer.json()["code"]) == (401, RefreshTokenReused.code)
    (row,) = await service.audit(session_id=session.session_id)
    assert row["reason"] == "refresh_reuse"
    assert (await service.client.post(REFRESH, json={"refreshToken": tokens[-1]})).status_code == 401


async def test_who_knows_only_a_part_of_a_token_closes_nothing(service):
    (session,) = await service.mint()
    for guess in (session.refresh[:43], "x" * 43 + session.refresh[43:], "x" * 86):
        assert (await service.client.post(REFRESH, json={"refreshToken": guess})).status_code == 401
    assert await service.audit() == []


async def test_a_token_of_before_families_founds_one_and_its_replay_is_recognised(start_service, database_url):
    service = await start_service(database_url, refresh_grace=1)
    (session,) = await service.mint()
    old = "o" * 43
    statement = Statement(text("UPDATE refresh_tokens SET family = NULL, hash = :hash WHERE session_id = :session"))
    async with service.services.database.connect() as tx:
        await tx.run(statement, hash=digest(old), session=session.session_id)
    tokens = await refreshed(service, old, 5)
    assert await count(service, "refresh_tokens", f"session_id = '{session.session_id}'") == 3
    await asyncio.sleep(0.01)
    answer = await service.client.post(REFRESH, json={"refreshToken": tokens[0]})
    assert answer.json()["code"] == RefreshTokenReused.code


async def test_a_session_leaves_few_opaque_tokens_however_often_it_is_refreshed(service):
    opaque = await service.login(tokenFormat="opaque")
    await refreshed(service, opaque["refreshToken"], 20)
    assert await count(service, "sanctum_sessions") == sanctum.REPLACED + 1
    assert await count(service, "personal_access_tokens", "id > 2") == 1


async def test_a_user_leaves_as_many_answers_as_the_settings_say(start_service, database_url):
    service = await start_service(database_url, idempotency_answers=5)
    (session,) = await service.mint()
    for number in range(20):
        await service.logout(session.access, {"deviceId": "unknown"}, **{"Idempotency-Key": f"key-{number}"})
    assert await count(service, "idempotency_keys") == 5
    repeat = await service.logout(session.access, **{"Idempotency-Key": "key-19"})
    assert repeat.status_code == 422, "the newest are the ones that are kept"
    assert await count(service, "idempotency_keys") == 5


async def test_what_has_been_filled_is_swept(start_service, database_url):
    service = await start_service(database_url, idempotency_answers=50)
    for session in await service.mint(40):
        await refreshed(service, session.refresh, 2)
        await service.logout(session.access, **{"Idempotency-Key": "one"})
    for table in ("sessions", "refresh_tokens", "idempotency_keys", "revocations"):
        assert await count(service, table, "true") >= 40
        await _shift(service, table, 200 * DAY)
    sweeper = Sweeper(service.services, batch=7)
    sweeper._mine = lambda _: asyncio.sleep(0, result=True)
    await sweeper.sweep()
    tables = ("sessions", "refresh_tokens", "idempotency_keys", "revocations", "leases")
    # The last revocation stays, as SQLite numbers the next one after it; a lease is of a kind of work, not of a node.
    assert {table: await count(service, table) for table in tables} == {
        "sessions": 0,
        "refresh_tokens": 0,
        "idempotency_keys": 0,
        "revocations": 1,
        # The sweeper's and the sealer's.
        "leases": 2,
    }


async def test_a_locked_session_keeps_the_sweeper_from_nothing_else(start_service, postgres_url):
    service = await start_service(postgres_url, lock_timeout=100)
    locked, other = await service.mint(2, age=15 * DAY)
    lock = Statement(text("SELECT id FROM sessions WHERE user_id = :user AND id = :id FOR UPDATE"))
    sweeper = Sweeper(service.services)
    sweeper._mine = lambda _: asyncio.sleep(0, result=True)
    async with service.services.database.connect() as tx, tx.atomic():
        await tx.rows(lock, user=USER, id=locked.session_id)
        await sweeper.sweep()
    assert [row["session_id"] for row in await service.audit()] == [other.session_id]
    assert (await service.client.get("/api/v1/auth/sessions", headers=bearer(other.access))).status_code == 401


async def _shift(service, table, by):
    async with service.services.database.connect() as tx:
        await tx.run(Statement(text(f"UPDATE {table} SET expires_at = expires_at - :by")), by=by)
