"""Rate limits: 60 a minute (document 001) and 30 in 5 minutes an address (003), both at once; login's own."""

import pytest

from cierre.cli import demo_data
from tests.support.running import EMAIL, LOGOUT, USER, bearer

COMPAT = "/api/auth/logout"
LOGIN = "/api/v1/auth/login"


@pytest.fixture
def database_url(sqlite_url):
    """The database has no say in this."""
    return sqlite_url


def of(number):
    return {"X-Forwarded-For": f"198.51.100.{number}"}


async def attempt(service, address=1, token="wrong", **headers):
    return await service.client.post(LOGOUT, headers=bearer(token) | of(address) | headers)


async def test_the_three_logouts_share_one_bucket_an_address(limited):
    for path, body in ((LOGOUT, {}), (COMPAT, {"refreshToken": "x"}), ("/logout", {"user_id": "x", "token": "x"})):
        for _ in range(10):
            assert (await limited.client.post(path, json=body, headers=of(1))).status_code == 401
    for path, body in ((LOGOUT, {}), (COMPAT, {"refreshToken": "x"}), ("/logout", {"user_id": "x", "token": "x"})):
        assert (await limited.client.post(path, json=body, headers=of(1))).status_code == 429
    assert (await attempt(limited, address=2)).status_code == 401


async def test_an_answer_says_how_the_caller_stands(limited):
    """draft-ietf-httpapi-ratelimit-headers-11."""
    (session,) = await limited.mint()
    answer = await attempt(limited, token=session.access)
    assert answer.status_code == 200
    assert answer.headers["RateLimit-Policy"] == '"ip";q=30;w=300, "user";q=60;w=60'
    by_address, by_user = answer.headers["RateLimit"].split(", ")
    assert by_address.startswith('"ip";r=29;t=')
    assert by_user.startswith('"user";r=59;t=')


async def test_a_refusal_says_the_same_thing_three_times(limited):
    """Retry-After, RateLimit and the body, all from one object (decision 12)."""
    for _ in range(30):
        await attempt(limited)
    answer = await attempt(limited)
    assert answer.status_code == 429
    details = answer.json()["details"]
    assert (details["limit"], details["windowMs"]) == (30, 300_000)
    assert answer.headers["Retry-After"] == str(details["retryAfter"])
    assert answer.headers["RateLimit"].startswith(f'"ip";r=0;t={details["retryAfter"]}')


@pytest.mark.parametrize("host", ["api.example.com", "api.ejemplo.com"])
async def test_a_refusal_is_told_in_the_hosts_dialect(limited, host):
    for _ in range(30):
        await attempt(limited)
    answer = await attempt(limited, Host=host)
    assert answer.status_code == 429
    assert answer.json().get("code", answer.json().get("error")) in {"RATE_LIMIT_EXCEEDED", 4013}


async def test_a_users_limit_counts_him_wherever_he_is(limited):
    (session,) = await limited.mint()
    statuses = [(await attempt(limited, number, session.access)).status_code for number in range(61)]
    assert statuses == [200] + [404] * 59 + [429]


async def test_off_is_off(service):
    statuses = {(await attempt(service)).status_code for _ in range(100)}
    assert statuses == {401}


async def test_failures_only_lets_a_neighbour_behind_one_nat_log_out(start_service, database_url):
    service = await start_service(database_url, rate_limit="failures")
    for session in await service.mint(35):
        assert (await service.logout(session.access)).status_code == 200


async def test_failures_only_never_refuses_a_valid_token_for_what_its_neighbours_do(start_service, database_url):
    service = await start_service(database_url, rate_limit="failures")
    by_bearer, by_refresh_token, by_user_token, again = await service.mint(4)
    requests = [
        (LOGOUT, {}, bearer(by_bearer.access)),
        (COMPAT, {"refreshToken": by_refresh_token.refresh}, {}),
        ("/logout", {"user_id": USER, "token": by_user_token.access}, {}),
    ]
    statuses = [(await service.client.post(LOGOUT)).status_code for _ in range(40)]
    assert statuses == [401] * 30 + [429] * 10
    for path, body, headers in requests:
        assert (await service.client.post(path, json=body, headers=headers)).status_code == 200
    repeats = [(await service.logout(again.access)).status_code for _ in range(32)]
    assert repeats == [200] + [404] * 31


async def test_failures_only_counts_failures(start_service, database_url):
    service = await start_service(database_url, rate_limit="failures")
    statuses = [(await service.logout("wrong")).status_code for _ in range(31)]
    assert statuses == [401] * 30 + [429]


async def test_logins_that_succeed_are_no_guesses(limited):
    body = {"username": EMAIL[USER], "password": demo_data.PASSWORD}
    for number in range(22):
        answer = await limited.client.post(LOGIN, json=body, headers=of(number))
        assert answer.status_code == 200


async def test_other_operations_are_not_limited(limited):
    (session,) = await limited.mint()
    for _ in range(65):
        assert (await limited.sessions(session.access)).status_code == 200


async def test_without_redis_requests_pass_and_the_node_counts_by_itself(start_service, database_url):
    """A limiter must not be an outage, nor its outage the end of all limits."""
    service = await start_service(database_url, rate_limit="on", redis_url="redis://127.0.0.1:1")
    (session,) = await service.mint()
    assert (await service.logout(session.access)).status_code == 200
    statuses = [(await service.logout("wrong")).status_code for _ in range(30)]
    assert statuses == [401] * 29 + [429]


async def test_two_nodes_share_their_limits_in_redis(start_service, database_url, redis_url):
    nodes = [await start_service(database_url, rate_limit="on", redis_url=redis_url) for _ in range(2)]
    statuses = [(await nodes[number % 2].logout("wrong")).status_code for number in range(31)]
    assert statuses == [401] * 30 + [429]
