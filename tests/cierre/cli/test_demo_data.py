"""The demo's data: added once, whatever happened to them since."""

from cierre.cli import demo_data
from tests.conftest import fill_demo
from tests.support.running import ADMIN, EMAIL, USER, bearer

SANCTUM = f"1|{demo_data.SANCTUM_SECRET}"


async def closing_all(service, user):
    """Close all sessions of a user, and with them the tokens that Laravel has made for that user."""
    access = (await service.login(user))["accessToken"]
    answer = await service.client.post("/api/v1/auth/logout", headers=bearer(access), json={"logoutAll": True})
    assert answer.status_code == 200


async def test_a_token_that_was_closed_stays_dead_when_the_demo_starts_again(service, database_url):
    await closing_all(service, USER)
    for _ in range(2):
        await fill_demo(database_url)
    assert [row["id"] for row in await service.rows("SELECT id FROM personal_access_tokens")] == [2]
    answer = await service.client.get("/api/v1/auth/sessions", headers=bearer(SANCTUM))
    assert answer.status_code == 401


async def test_the_demo_starts_again_whatever_was_closed(service, database_url):
    for user in (ADMIN, USER):
        await closing_all(service, user)
        await fill_demo(database_url)
    assert await service.rows("SELECT id FROM personal_access_tokens") == []
    assert len(await service.rows("SELECT id FROM users")) == len(demo_data.USERS)
    assert EMAIL[USER] in {row["email"] for row in await service.rows("SELECT email FROM users")}
