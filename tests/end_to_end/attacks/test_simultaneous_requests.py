"""Races within one process: cases 17 to 20. `tests/test_races.py` runs them on two workers, by the hundred."""

import asyncio

import pytest

from tests.support.contexts import opened
from tests.support.running import LOGOUT, bearer

REFRESH = "/api/v1/auth/refresh"
AT_ONCE = 24
HOSTS = {
    "localhost:3000": (200, 404, "SESSION_NOT_FOUND"),
    "api.example.com": (204, 401, "UNAUTHORIZED"),
}


@pytest.mark.parametrize("host", HOSTS)
async def test_case_17_of_24_logouts_one_succeeds_and_23_hear_that_it_is_closed(service, host, capsys):
    success, repeat, code = HOSTS[host]
    (session,) = await service.mint()
    capsys.readouterr()
    answers = await asyncio.gather(*(service.logout(session.access, Host=host) for _ in range(AT_ONCE)))
    assert sorted(answer.status_code for answer in answers) == sorted([success] + [repeat] * (AT_ONCE - 1))
    assert {answer.json()["code"] for answer in answers if answer.status_code == repeat} == {code}
    assert len(await service.audit()) == 1
    printed = capsys.readouterr().out
    assert sum("logout_type=single_device" in line for line in printed.splitlines()) == 1


async def test_case_17_where_a_repeat_is_a_success_one_session_is_closed_all_the_same(service):
    (session,) = await service.mint()
    answers = await asyncio.gather(*(service.logout(session.access, Host="api.ejemplo.com") for _ in range(AT_ONCE)))
    assert {answer.content for answer in answers} == {answers[0].content}
    assert len(await service.audit()) == 1


async def test_case_18_a_logout_beside_a_refresh_leaves_no_usable_token(service):
    for session in await service.mint(25):
        logout, renewed = await asyncio.gather(
            service.logout(session.access),
            service.client.post(REFRESH, json={"refreshToken": session.refresh}),
        )
        assert logout.status_code == 200
        assert renewed.status_code in {200, 401}
        assert (await service.sessions(session.access)).status_code == 401
        if renewed.status_code == 200:
            data = renewed.json()["data"]
            assert (await service.sessions(data["accessToken"])).status_code == 401
            again = await service.client.post(REFRESH, json={"refreshToken": data["refreshToken"]})
            assert again.status_code == 401


async def test_case_19_a_login_before_the_cut_dies_and_one_after_it_stays_within_one_second(service):
    (asking,) = await service.mint()
    before = await opened(service.services)
    await service.client.post(LOGOUT, json={"logoutAll": True}, headers=bearer(asking.access))
    after = await opened(service.services)
    assert (await service.sessions(before.access_token)).status_code == 401
    assert (await service.sessions(after.access_token)).status_code == 200


async def test_case_19_a_login_during_the_cut_is_wholly_on_one_side_of_it(service):
    for _ in range(10):
        (asking,) = await service.mint()
        issued, _ = await asyncio.gather(
            opened(service.services),
            service.client.post(LOGOUT, json={"logoutAll": True}, headers=bearer(asking.access)),
        )
        (row,) = await service.rows("SELECT closed_at FROM sessions WHERE id = :id", id=issued.session_id)
        alive = (await service.sessions(issued.access_token)).status_code == 200
        renewed = await service.client.post(REFRESH, json={"refreshToken": issued.refresh_token})
        assert alive == (row["closed_at"] is None) == (renewed.status_code == 200)


async def test_case_20_of_24_refreshes_with_one_token_all_get_the_same_successor(service):
    (session,) = await service.mint()
    answers = await asyncio.gather(
        *(service.client.post(REFRESH, json={"refreshToken": session.refresh}) for _ in range(AT_ONCE))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["data"]["refreshToken"] for answer in answers}) == 1
    assert len(await service.rows("SELECT hash FROM refresh_tokens")) == 2
    assert (await service.sessions(answers[-1].json()["data"]["accessToken"])).status_code == 200


async def test_case_20_the_losers_of_a_refresh_after_the_grace_are_replays(start_service, database_url):
    service = await start_service(database_url, refresh_grace=1)
    opened = await service.login()
    first = await service.client.post(REFRESH, json={"refreshToken": opened["refreshToken"]})
    await asyncio.sleep(0.01)
    late = await service.client.post(REFRESH, json={"refreshToken": opened["refreshToken"]})
    assert (first.status_code, late.json()["code"]) == (200, "REFRESH_TOKEN_REUSED")
