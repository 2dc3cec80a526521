"""`cierre.http.routing`: a path is the same one whichever way it is found."""

import re
import uuid

import pytest

from cierre import oas
from cierre.http.request import trace_id_of
from tests.support.running import bearer

FIXED = [(path, method) for path, method, _, _ in oas.read().operations() if "{" not in path]


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


@pytest.mark.parametrize(("path", "method"), FIXED)
async def test_of_a_path_without_parameters_other_methods_are_refused_and_no_like_of_it_is_found(service, path, method):
    other = await service.client.request("TRACE", path)
    assert other.status_code == 405
    assert method.upper() in other.headers["Allow"].split(", ")
    for like in (f"{path}/", path.upper(), f"{path}%0A"):
        assert (await service.client.request(method, like)).status_code == 404, like


async def test_head_is_answered_as_get_without_its_body(service):
    (session,) = await service.mint()
    got = await service.client.get("/api/v1/auth/sessions", headers=bearer(session.access))
    head = await service.client.head("/api/v1/auth/sessions", headers=bearer(session.access))
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["Content-Type"] == got.headers["Content-Type"]


def test_an_id_of_a_trace_is_a_random_uuid():
    found = {trace_id_of(None) for _ in range(200)}
    assert len(found) == 200
    assert {(one.version, one.variant) for one in map(uuid.UUID, found)} == {(4, uuid.RFC_4122)}
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one) for one in found)
