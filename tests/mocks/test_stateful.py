"""`cierre mock --stateful`: what a page does with it is what it will find in production."""

import asyncio
import subprocess
import sys

import httpx
import pytest

from tests.support.mocked import started

LOGIN = {"username": "usuario@ejemplo.com", "password": "cierre-demo"}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with started(tmp_path_factory.mktemp("stateful"), "--stateful") as (url, _):
        # It listens already; the answer comes once it is ready.
        httpx.get(f"{url}/health/live", timeout=60).raise_for_status()
        yield url


def token(url):
    return httpx.post(f"{url}/api/v1/auth/login", json=LOGIN).json()["data"]["accessToken"]


def logout(url, bearer, **headers):
    return httpx.post(f"{url}/api/v1/auth/logout", headers={"Authorization": f"Bearer {bearer}", **headers})


def test_a_second_logout_is_what_production_answers(url):
    bearer = token(url)
    first, second = logout(url, bearer), logout(url, bearer)
    assert (first.status_code, second.status_code) == (200, 404)
    assert second.json()["details"]["closedAt"] == first.json()["data"]["logout"]["loggedOutAt"]


def test_each_dialect_answers_in_its_own_way(url):
    accept = {"Accept": "application/vnd.cierre.envelope+json"}
    bearer = token(url)
    assert [logout(url, bearer, **accept).status_code for _ in range(2)] == [204, 401]


def test_a_reset_forgets_everything_and_brings_the_demo_users_back(url):
    bearer = token(url)
    assert httpx.post(f"{url}/__mock/reset").status_code == 204
    assert logout(url, bearer).status_code == 401
    assert logout(url, token(url)).status_code == 200


async def test_requests_during_a_reset_wait_for_it(url):
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        resets = [asyncio.create_task(client.post("/__mock/reset")) for _ in range(2)]
        statuses = set()
        while not all(reset.done() for reset in resets):
            logins = (client.post("/api/v1/auth/login", json=LOGIN) for _ in range(5))
            statuses |= {answer.status_code for answer in await asyncio.gather(*logins)}
    assert statuses == {200}
    assert [reset.result().status_code for reset in resets] == [204, 204]


def test_pages_of_any_origin_may_ask(url):
    answer = logout(url, token(url), Origin="http://app.test")
    assert answer.headers["access-control-allow-origin"] == "http://app.test"
    asked = {"Origin": "http://app.test", "Access-Control-Request-Method": "POST"}
    assert httpx.options(f"{url}/api/v1/auth/logout", headers=asked).status_code == 204


def test_many_logouts_meet_no_limit(url):
    with httpx.Client(headers={"Authorization": "Bearer nope"}) as client:
        assert {client.post(f"{url}/api/v1/auth/logout").status_code for _ in range(70)} == {401}


def test_schemathesis_finds_nothing_used_after_it_was_freed(url, tmp_path):
    bearer = token(url)
    command = ["run", f"{url}/openapi.json", "--url", url, "--checks", "use_after_free,not_a_server_error"]
    command += ["-H", f"Authorization: Bearer {bearer}", "--max-examples", "10"]
    schemathesis = [sys.executable, "-m", "schemathesis.cli", *command]
    ended = subprocess.run(schemathesis, capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout[-3000:]
