"""The refresh token's cookie (decision 16): its attributes, who may send it, when it is cleared."""

import re

import pytest

from cierre.cli import demo_data
from tests.support.running import EMAIL, USER

COMPAT = "/api/auth/logout"
REFRESH = "/api/v1/auth/refresh"
LOGIN = "/api/v1/auth/login"
ATTRIBUTES = ["Path=/", "HttpOnly", "Secure", "SameSite=Strict"]
OLD_CLEARED = "refreshToken=; Max-Age=0; " + "; ".join(ATTRIBUTES)
CLEARED = [f"__Host-{OLD_CLEARED}", OLD_CLEARED]
AT_HOME = "http://127.0.0.1:3000"


@pytest.fixture
def database_url(sqlite_url):
    """The database has no say in this."""
    return sqlite_url


async def log_in(service, **more):
    body = {"username": EMAIL[USER], "password": demo_data.PASSWORD} | more
    return await service.client.post(LOGIN, json=body)


def value_of(answer):
    return re.match(r"__Host-refreshToken=([^;]*);", answer.headers["Set-Cookie"])[1]


def set_by(answer):
    return answer.headers.get_list("Set-Cookie")


def cookie(token, **headers):
    return {"Cookie": f"theme=dark; __Host-refreshToken={token}; other=1"} | headers


def old_cookie(token, **headers):
    return {"Cookie": f"theme=dark; refreshToken={token}; other=1"} | headers


async def test_a_login_for_the_cookie_keeps_the_refresh_token_out_of_the_body(service):
    answer = await log_in(service, refreshDelivery="cookie")
    assert "refreshToken" not in answer.json()["data"]
    fresh, old = set_by(answer)
    name_value, max_age, *attributes = fresh.split("; ")
    assert name_value.startswith("__Host-refreshToken=")
    assert old == OLD_CLEARED
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
    assert set_by(answer) == CLEARED
    assert answer.headers["Clear-Site-Data"] == '"cookies", "storage"'


async def test_a_logout_by_body_clears_nothing(service):
    (session,) = await service.mint()
    answer = await service.client.post(COMPAT, json={"refreshToken": session.refresh})
    assert not {"Set-Cookie", "Clear-Site-Data"} & set(answer.headers)


@pytest.mark.parametrize("path", [COMPAT, REFRESH])
async def test_a_cookie_that_is_dead_is_taken_away(service, path):
    answer = await service.client.post(path, headers=cookie("unknown"))
    assert (answer.status_code, set_by(answer)) == (401, CLEARED)


@pytest.mark.parametrize(
    "field", ["", "refreshToken=", "other=1", "refreshtoken=x", "=x", ";;;", "refreshToken", '"', "a=b; refreshToken="]
)
async def test_a_cookie_field_without_our_cookie_is_no_credential(service, field):
    answer = await service.client.post(COMPAT, headers={"Cookie": field})
    assert answer.status_code == 401


@pytest.mark.parametrize("of", [cookie, old_cookie])
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        # A browser that says where the request comes from is believed, whatever Origin and Host look like.
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": AT_HOME}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://evil.cierre.test"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://cierre.test"}, 403),
        ({"Sec-Fetch-Site": "new-in-2030"}, 403),
        ({"Sec-Fetch-Site": ""}, 403),
        # An allowed origin is allowed, wherever it is.
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://app.test"}, 200),
        ({"Sec-Fetch-Site": "same-site", "Origin": "https://app.test"}, 200),
        ({"Origin": "https://app.test"}, 200),
        # No browser, or one that is older than Origin.
        ({}, 200),
        # The service itself, at the address that it was called by, or at its public one.
        ({"Origin": AT_HOME, "Host": "127.0.0.1:3000"}, 200),
        ({"Origin": "https://auth.test", "Host": "auth.test"}, 200),
        ({"Origin": "https://auth.test", "Host": "AUTH.test:443"}, 200),
        ({"Origin": "http://[::1]:3000", "Host": "[::1]:3000"}, 200),
        ({"Origin": "http://cierre.test", "Host": "10.0.0.7:8080"}, 200),
        ({"Origin": "http://127.0.0.1:3001", "Host": "127.0.0.1:3000"}, 403),
        ({"Origin": AT_HOME, "Host": "127.0.0.1"}, 403),
        ({"Origin": AT_HOME}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "null", "Host": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "http://[::", "Host": "[::"}, 403),
        ({"Origin": "http://"}, 403),
    ],
    ids=str,
)
async def test_which_origins_a_cookie_is_accepted_from(start_service, database_url, of, sent, status):
    service = await start_service(database_url, allowed_origins=("https://app.test",))
    (session,) = await service.mint()
    for path in (REFRESH, COMPAT):
        answer = await service.client.post(path, headers=of(session.refresh, **sent))
        assert answer.status_code == status
    assert (await service.sessions(session.access)).status_code == (200 if status == 403 else 401)


async def test_the_documented_name_is_read_and_gives_way_to_the_new_one(service):
    (session,) = await service.mint()
    answer = await service.client.post(REFRESH, headers=old_cookie(session.refresh))
    fresh, old = set_by(answer)
    assert (answer.status_code, old) == (200, OLD_CLEARED)
    assert fresh.startswith("__Host-refreshToken=")
    assert (await service.client.post(REFRESH, headers=cookie(value_of(answer)))).status_code == 200


async def test_beside_the_new_one_the_documented_name_is_not_looked_at(service):
    mine, planted = await service.mint(2)
    both = {"Cookie": f"refreshToken={planted.refresh}; __Host-refreshToken={mine.refresh}"}
    answer = await service.client.post(COMPAT, headers=both)
    assert (answer.status_code, set_by(answer)) == (200, CLEARED)
    assert [(await service.sessions(one.access)).status_code for one in (mine, planted)] == [401, 200]


async def test_after_the_sunset_the_documented_name_is_no_credential(start_service, database_url):
    service = await start_service(database_url, sunset=1)
    one, two = await service.mint(2)
    assert (await service.client.post(REFRESH, headers=old_cookie(one.refresh))).status_code == 401
    assert (await service.client.post(REFRESH, headers=cookie(two.refresh))).status_code == 200


@pytest.mark.parametrize("path", [COMPAT, REFRESH])
@pytest.mark.parametrize("name", ["__Host-refreshToken", "refreshToken"])
@pytest.mark.parametrize("form", ["{name}={one}; {name}={two}", "{name}={one};{name}={one}", "{name}=; {name}={one}"])
async def test_two_cookies_of_one_name_are_refused_and_told_how_to_mend_it(service, path, name, form):
    one, two = await service.mint(2)
    field = form.format(name=name, one=one.refresh, two=two.refresh)
    answer = await service.client.post(path, headers={"Cookie": field, "Accept": "application/problem+json"})
    assert answer.status_code == 400
    (violation,) = answer.json()["details"]["errors"]
    assert (violation["location"], violation["pointer"]) == ("cookie", f"/{name}")
    assert "delete the cookies of this site" in violation["message"]
    assert not {one.refresh, two.refresh} & set(re.findall(r"[\w-]+", answer.text))
    assert [(await service.sessions(session.access)).status_code for session in (one, two)] == [200, 200]


async def test_two_cookie_fields_are_one(service):
    """HTTP/2 splits the field; a proxy that goes on with HTTP/1.1 may not have joined it (RFC 9113, section 8.2.3)."""
    (session,) = await service.mint()
    fields = [("Cookie", "theme=dark"), ("Cookie", f"__Host-refreshToken={session.refresh}"), ("Cookie", "other=1")]
    assert (await service.client.post(COMPAT, headers=fields)).status_code == 200


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
