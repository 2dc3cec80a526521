"""The refresh token's cookie (decision 16): its attributes, who may send it, when it is cleared."""

import re

import pytest

from cierre.cli import demo
from tests.support.running import EMAIL, USER

COMPAT = "/api/auth/logout"
REFRESH = "/api/v1/auth/refresh"
LOGIN = "/api/v1/auth/login"
ATTRIBUTES = ["Path=/", "HttpOnly", "Secure", "SameSite=Strict"]
CLEARED = "refreshToken=; Max-Age=0; " + "; ".join(ATTRIBUTES)


@pytest.fixture
def database_url(sqlite_url):
    """The database has no say in this."""
    return sqlite_url


async def log_in(service, **more):
    body = {"username": EMAIL[USER], "password": demo.PASSWORD} | more
    return await service.client.post(LOGIN, json=body)


def value_of(answer):
    return re.match(r"refreshToken=([^;]*);", answer.headers["Set-Cookie"])[1]


def cookie(token, **headers):
    return {"Cookie": f"theme=dark; refreshToken={token}; other=1"} | headers


async def test_a_login_for_the_cookie_keeps_the_refresh_token_out_of_the_body(service):
    answer = await log_in(service, refreshDelivery="cookie")
    assert "refreshToken" not in answer.json()["data"]
    name_value, max_age, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert name_value.startswith("refreshToken=")
    assert max_age == "Max-Age=2592000"
    assert attributes == ATTRIBUTES
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_login_for_the_body_sets_no_cookie(service):
    answer = await log_in(service)
    assert "Set-Cookie" not in answer.headers
    assert answer.json()["data"]["refreshToken"]


async def test_a_refresh_by_cookie_answers_by_cookie(service):
    first = value_of(await log_in(service, refreshDelivery="cookie"))
    answer = await service.client.post(REFRESH, headers=cookie(first))
    assert answer.status_code == 200
    assert "refreshToken" not in answer.json()["data"]
    assert value_of(answer) not in {"", first}


async def test_a_refresh_by_body_answers_by_body_even_beside_a_cookie(service):
    first, second = await service.mint(2)
    answer = await service.client.post(REFRESH, json={"refreshToken": first.refresh}, headers=cookie(second.refresh))
    assert answer.json()["data"]["sessionId"] == first.session_id
    assert "Set-Cookie" not in answer.headers


async def test_a_logout_by_cookie_clears_it_with_the_same_attributes(service):
    token = value_of(await log_in(service, refreshDelivery="cookie"))
    answer = await service.client.post(COMPAT, headers=cookie(token))
    assert answer.headers["Set-Cookie"] == CLEARED
    assert answer.headers["Clear-Site-Data"] == '"cookies", "storage"'


async def test_a_logout_by_body_clears_nothing(service):
    (session,) = await service.mint()
    answer = await service.client.post(COMPAT, json={"refreshToken": session.refresh})
    assert not {"Set-Cookie", "Clear-Site-Data"} & set(answer.headers)


@pytest.mark.parametrize("path", [COMPAT, REFRESH])
async def test_a_cookie_that_is_dead_is_taken_away(service, path):
    answer = await service.client.post(path, headers=cookie("unknown"))
    assert (answer.status_code, answer.headers["Set-Cookie"]) == (401, CLEARED)


@pytest.mark.parametrize(
    "field", ["", "refreshToken=", "other=1", "refreshtoken=x", "=x", ";;;", "refreshToken", '"', "a=b; refreshToken="]
)
async def test_a_cookie_field_without_our_cookie_is_no_credential(service, field):
    answer = await service.client.post(COMPAT, headers={"Cookie": field})
    assert answer.status_code == 401


@pytest.mark.parametrize("site", ["same-origin", "same-site", "none"])
async def test_a_request_that_is_not_cross_site_is_taken(service, site):
    (session,) = await service.mint()
    answer = await service.client.post(COMPAT, headers=cookie(session.refresh, **{"Sec-Fetch-Site": site}))
    assert answer.status_code == 200


async def test_an_origin_matters_only_where_the_cookie_is_the_credential(service):
    one, two = await service.mint(2)
    foreign = {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"}
    by_body = await service.client.post(COMPAT, json={"refreshToken": one.refresh}, headers=foreign)
    by_token = await service.logout(two.access, **foreign)
    assert (by_body.status_code, by_token.status_code) == (200, 200)


async def test_a_foreign_origin_is_told_in_the_dialect_of_the_path(service):
    (session,) = await service.mint()
    for path, names in ((COMPAT, {"timestamp", "status", "error", "message", "path"}), (REFRESH, {"status", "code"})):
        answer = await service.client.post(path, headers=cookie(session.refresh, Origin="https://evil.test"))
        assert answer.status_code == 403
        assert names <= set(answer.json())
