"""`GET /api/v1/admin/suspicions`: an alert leads to the users and addresses that are behind it."""

import pytest

from cierre.cli import demo_data
from cierre.clock import now_ms
from cierre.domain import suspicions
from cierre.metrics.offenders import NOTICED, WINDOW
from cierre.node.sweeper import REMEMBERED, Sweeper
from tests.support.running import ADMIN, LOGOUT, SUPERVISOR, USER, bearer

PATH = "/api/v1/admin/suspicions"


async def listed(service, token, query=""):
    await suspicions.write(service.services.database, service.services.offenders)
    answer = await service.client.get(PATH + query, headers=bearer(token))
    assert answer.status_code == 200, answer.text
    return [(one["kind"], one["by"], one["subject"], one["count"]) for one in answer.json()["data"]["suspicions"]]


async def guess(service, count):
    body = {"username": demo_data.USERS[0][1], "password": "not-the-password"}
    for _ in range(count):
        assert (await service.client.post("/api/v1/auth/login", json=body)).status_code == 401


async def test_who_guesses_and_whom_is_found_with_those_that_did_most_first(service):
    admin = (await service.login(ADMIN))["accessToken"]
    assert await listed(service, admin) == []
    await guess(service, NOTICED)
    for _ in range(2):
        await service.client.post(LOGOUT, headers=bearer("nothing"))
    assert await listed(service, admin) == [
        ("failed_attempts", "address", "127.0.0.1", NOTICED + 2),
        ("failed_attempts", "user", USER, NOTICED),
    ]
    assert await listed(service, admin, "?by=user") == [("failed_attempts", "user", USER, NOTICED)]
    assert await listed(service, admin, "?limit=1") == [("failed_attempts", "address", "127.0.0.1", NOTICED + 2)]
    assert await listed(service, admin, "?kind=rate_limited") == []


async def test_what_two_nodes_have_counted_counts_together(start_service, database_url):
    one, two = await start_service(database_url), await start_service(database_url)
    admin = (await one.login(ADMIN))["accessToken"]
    await guess(one, NOTICED)
    await guess(two, NOTICED + 1)
    await suspicions.write(two.services.database, two.services.offenders)
    assert (await listed(one, admin, "?by=user")) == [("failed_attempts", "user", USER, 2 * NOTICED + 1)]


async def test_many_sessions_closed_lead_to_the_user_and_to_the_administrator(service):
    admin = (await service.login(ADMIN))["accessToken"]
    for _ in range(NOTICED):
        await service.mint(2, SUPERVISOR)
        body = {"userId": SUPERVISOR, "reason": "no reason"}
        await service.client.post("/api/v1/admin/users/force-logout", json=body, headers=bearer(admin))
    assert await listed(service, admin) == [
        ("sessions_closed", "address", "127.0.0.1", 2 * NOTICED),
        ("sessions_closed", "user", SUPERVISOR, 2 * NOTICED),
        ("forced_logouts", "user", ADMIN, NOTICED),
    ]


async def test_requests_that_the_limits_refuse_are_found(start_service, database_url):
    service = await start_service(database_url, rate_limit="on")
    admin = (await service.login(ADMIN))["accessToken"]
    for _ in range(30 + NOTICED):
        await service.client.post(LOGOUT, headers=bearer("nothing"))
    assert await listed(service, admin, "?kind=rate_limited") == [("rate_limited", "address", "127.0.0.1", NOTICED)]


async def test_it_is_for_administrators(service):
    token = (await service.login(USER))["accessToken"]
    assert (await service.client.get(PATH, headers=bearer(token))).status_code == 403
    assert (await service.client.get(PATH)).status_code == 401


@pytest.mark.parametrize("query", ["?minutes=0", "?minutes=1441", "?limit=101", "?kind=other", "?by=device"])
async def test_a_filter_that_is_none_is_refused(service, query):
    admin = (await service.login(ADMIN))["accessToken"]
    assert (await service.client.get(PATH + query, headers=bearer(admin))).status_code == 400


async def test_what_is_over_is_not_told_and_deleted_after_a_day(service):
    admin = (await service.login(ADMIN))["accessToken"]
    offenders, now = service.services.offenders, now_ms()
    for age in (REMEMBERED + WINDOW, 2 * WINDOW, 0):
        offenders.count("failed_attempts", "address", f"10.0.{age // WINDOW}.1", at=now - age, amount=NOTICED)
        await suspicions.write(service.services.database, offenders)
    assert len(await listed(service, admin)) == 2
    assert len(await listed(service, admin, "?minutes=5")) == 1
    sweeper = Sweeper(service.services)
    async with service.services.database.connect() as tx:
        # The node's own sweeper may have deleted it before.
        await sweeper._delete(tx, sweeper._purges()["suspicions"])
    left = {row["subject"] for row in await service.rows("SELECT subject FROM suspicions")}
    assert left == {"10.0.0.1", "10.0.2.1"}


async def test_each_is_logged_once_in_a_window(service, capsys):
    await guess(service, NOTICED)
    for _ in range(2):
        await suspicions.write(service.services.database, service.services.offenders)
        await guess(service, 1)
    printed = capsys.readouterr().out
    assert printed.count("suspicion ") == 2
    assert USER in printed
