"""Which refusal a request gets that deserves several: each pair, in the order of the contract.

404/405, 429 by address, 413, 415, 401, 403, 400, 406, 429 by user, then the outcome; and nothing is closed before.
"""

from contextlib import suppress
from itertools import combinations

import pytest

from cierre.errors import RateLimitExceeded
from cierre.rate_limits.limits import LIMITS
from tests.support.running import ADMIN, LOGOUT, USER, bearer

FORCE = "/api/v1/admin/users/force-logout"
BY_ADDRESS, BY_USER = LIMITS["logout"].by_address, LIMITS["logout"].by_user
ADDRESS = "198.51.100.7"

# What is wrong with the request, in the order in which it is refused, with the status that says so.
LOGOUT_FAULTS = {
    "method": 405,
    "address limit": 429,
    "size": 413,
    "media type": 415,
    "token": 401,
    "body": 400,
    "accept": 406,
    "user limit": 429,
    "closed": 404,
}
FORCE_FAULTS = {
    "method": 405,
    "size": 413,
    "media type": 415,
    "token": 401,
    "role": 403,
    "body": 400,
    "accept": 406,
    "user": 404,
}


@pytest.fixture
def database_url(sqlite_url):
    """The database has no say in this."""
    return sqlite_url


class Guilty:
    """A request with the given faults."""

    def __init__(self, token, path, body, faults):
        self.method = "GET" if "method" in faults else "POST"
        self.path = path
        content = b'{"unknown":1}' if "body" in faults else body
        self.content = content + b" " * (70_000 if "size" in faults else 0)
        self.headers = bearer("wrong" if "token" in faults else token) | {
            "Content-Type": "text/plain" if "media type" in faults else "application/json",
            "Accept": "text/html" if "accept" in faults else "application/json",
            "X-Forwarded-For": ADDRESS,
        }

    async def send(self, service):
        return await service.client.request(self.method, self.path, content=self.content, headers=self.headers)


async def spend(service, limit, key):
    with suppress(RateLimitExceeded):
        for _ in range(limit.quota + 1):
            await service.services.limiter.admit(limit, key)


@pytest.mark.parametrize("faults", list(combinations(LOGOUT_FAULTS, 2)), ids=" and ".join)
async def test_of_two_faults_of_a_logout_the_first_is_told(limited, faults):
    (session,) = await limited.mint()
    if "closed" in faults:
        await limited.logout(session.access, **{"X-Forwarded-For": "198.51.100.99"})
    if "address limit" in faults:
        await spend(limited, BY_ADDRESS, ADDRESS)
    if "user limit" in faults:
        await spend(limited, BY_USER, USER)
    closings = len(await limited.audit())
    answer = await Guilty(session.access, LOGOUT, b"{}", faults).send(limited)
    assert answer.status_code == LOGOUT_FAULTS[faults[0]], answer.text
    assert len(await limited.audit()) == closings
    if "limit" in faults[0]:
        window = {"address limit": 300_000, "user limit": 60_000}[faults[0]]
        assert answer.json()["details"]["windowMs"] == window


@pytest.mark.parametrize("faults", list(combinations(FORCE_FAULTS, 2)), ids=" and ".join)
async def test_of_two_faults_of_a_forced_logout_the_first_is_told(service, faults):
    (victim,) = await service.mint()
    (admin,) = await service.mint(user_id=ADMIN)
    body = b'{"userId":"%s","reason":"security_incident"}' % (b"0" * 24 if "user" in faults else USER.encode())
    token = victim.access if "role" in faults else admin.access
    answer = await Guilty(token, FORCE, body, faults).send(service)
    assert answer.status_code == FORCE_FAULTS[faults[0]], answer.text
    assert await service.audit() == []


@pytest.mark.parametrize("fault", LOGOUT_FAULTS)
async def test_each_fault_alone_is_told(limited, fault):
    (session,) = await limited.mint()
    if fault == "closed":
        await limited.logout(session.access)
    if fault == "address limit":
        await spend(limited, BY_ADDRESS, ADDRESS)
    if fault == "user limit":
        await spend(limited, BY_USER, USER)
    answer = await Guilty(session.access, LOGOUT, b"{}", (fault,)).send(limited)
    assert answer.status_code == LOGOUT_FAULTS[fault]


async def test_an_unknown_path_is_404_whatever_else_is_wrong(service):
    answer = await Guilty("wrong", "/api/v1/auth/nowhere", b"{", tuple(LOGOUT_FAULTS)[1:7]).send(service)
    assert answer.status_code == 404


@pytest.mark.parametrize("path", [LOGOUT, "/api/auth/logout", "/logout", "/oauth2/revoke", "/.well-known/jwks.json"])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "BREW"])
async def test_a_method_that_the_path_does_not_have_is_405_and_says_which_it_has(service, path, method):
    answer = await service.client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["Allow"] in {"POST", "GET", "GET, HEAD"}
