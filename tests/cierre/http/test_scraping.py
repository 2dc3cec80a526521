"""Who may read `/metrics`."""

import pytest

from tests.support.running import bearer, running


@pytest.fixture
def settings(make_settings, sqlite_url):
    return lambda **more: make_settings(sqlite_url, **more)


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 401),
        ("127.0.0.1", {"Via": "1.1 proxy"}, 401),
        ("10.1.2.3", {}, 401),
        ("10.1.2.3", bearer("guess"), 401),
    ],
)
async def test_without_a_token_this_machine_alone_is_answered(settings, peer, headers, status):
    async with running(settings(), client_address=(peer, 1)) as service:
        assert (await service.client.get("/metrics", headers=headers)).status_code == status


@pytest.mark.parametrize(
    ("headers", "status", "token_status"),
    [
        ({}, 401, "missing"),
        (bearer("another"), 401, "invalid"),
        ({"Authorization": "Basic abc"}, 401, "missing"),
        (bearer("the-token-of-the-metrics"), 200, None),
    ],
)
async def test_the_token_opens_it_from_anywhere_and_nothing_else_does(settings, headers, status, token_status):
    async with running(settings(metrics_token="the-token-of-the-metrics"), client_address=("127.0.0.1", 1)) as service:
        answer = await service.client.get("/metrics", headers=headers)
        assert answer.status_code == status
        if token_status:
            assert answer.json()["details"]["tokenStatus"] == token_status
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
