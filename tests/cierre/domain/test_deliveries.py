"""`GET /api/v1/admin/deliveries`: which signals their receivers have not taken, and why."""

import pytest

from cierre.domain.context import OperationContext
from cierre.domain.deliveries import list_deliveries
from cierre.errors import ValidationFailed
from cierre.storage.repositories import deliveries, receivers
from tests.support.running import ADMIN, SUPERVISOR, USER, bearer

PATH = "/api/v1/admin/deliveries"
SESSION = "64f8b456c789d012e345f678"
URL = "https://siem.example.com/events?token=not-to-be-told"


@pytest.fixture
async def waiting(service):
    """Three deliveries: parked to `siem`, tried twice to `siem` for another user, not tried yet to the client `web`."""
    event = {
        "id": "e1",
        "user_id": USER,
        "session_id": SESSION,
        "time": 1000,
        "event": "user_logout",
        "reason": None,
        "traceparent": None,
    }
    siem = {"kind": "ssf", "id": "siem", "url": URL, "allow_private": False}
    async with service.services.database.connect() as tx:
        await receivers.save(tx, "ssf", "siem", url=URL, allow_private=False)
        await deliveries.add(tx, event, siem)
        await deliveries.failed(tx, 1, next_at=tx.now, error="answered 503")
        await deliveries.park(tx, before=tx.now + 1)
        await deliveries.add(tx, event | {"user_id": SUPERVISOR}, siem)
        for _ in range(2):
            await deliveries.failed(tx, 2, next_at=tx.now + 86_400_000, error="no answer in time")
        await deliveries.add(tx, event, {"kind": "backchannel", "id": "web", "url": URL, "allow_private": False})
    return service


async def listed(service, query=""):
    admin = (await service.login(ADMIN))["accessToken"]
    answer = await service.client.get(PATH + query, headers=bearer(admin))
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_what_is_parked_and_what_is_pending_is_listed_with_its_outcome(waiting):
    page = await listed(waiting)
    parked, pending, new = page["deliveries"]
    assert page["nextCursor"] is None
    told = {"kind": "ssf", "receiver": "siem", "sessionId": SESSION, "closedAt": "1970-01-01T00:00:01.000Z"}
    assert parked.items() >= (told | {"deliveryId": 1, "userId": USER, "status": "parked", "attempts": 1}).items()
    assert (parked["lastError"], parked["nextAttemptAt"]) == ("answered 503", None)
    assert pending.items() >= (told | {"deliveryId": 2, "userId": SUPERVISOR, "status": "pending"}).items()
    assert (pending["attempts"], pending["lastError"]) == (2, "no answer in time")
    assert pending["nextAttemptAt"] > pending["triedSince"]
    assert (new["kind"], new["receiver"], new["attempts"], new["lastError"]) == ("backchannel", "web", 0, None)


async def test_the_receivers_address_and_what_it_is_sent_are_not_told(waiting):
    admin = (await waiting.login(ADMIN))["accessToken"]
    text = (await waiting.client.get(PATH, headers=bearer(admin))).text
    assert "siem" in text
    assert not any(secret in text for secret in ("not-to-be-told", "example.com", "eyJ"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?status=parked", [1]),
        ("?status=pending", [2, 3]),
        ("?kind=backchannel", [3]),
        ("?receiver=siem", [1, 2]),
        ("?receiver=nobody", []),
        (f"?userId={SUPERVISOR}", [2]),
        (f"?userId={USER}&kind=ssf&status=pending", []),
    ],
)
async def test_a_delivery_must_match_all_filters(waiting, query, found):
    assert [one["deliveryId"] for one in (await listed(waiting, query))["deliveries"]] == found


async def test_pages_follow_each_other_and_end(waiting):
    first = await listed(waiting, "?limit=2")
    assert [one["deliveryId"] for one in first["deliveries"]] == [1, 2]
    last = await listed(waiting, f"?limit=2&cursor={first['nextCursor']}")
    assert [one["deliveryId"] for one in last["deliveries"]] == [3]
    assert last["nextCursor"] is None


async def test_it_is_for_administrators(service):
    for user in (USER, SUPERVISOR):
        refused = await service.client.get(PATH, headers=bearer((await service.login(user))["accessToken"]))
        assert (refused.status_code, refused.json()["code"]) == (403, "FORBIDDEN")
    assert (await service.client.get(PATH)).status_code == 401


@pytest.mark.parametrize("query", ["?status=delivered", "?kind=sms", "?limit=201", "?receiver=", "?cursor=-1"])
async def test_a_filter_that_is_none_is_refused(service, query):
    admin = (await service.login(ADMIN))["accessToken"]
    assert (await service.client.get(PATH + query, headers=bearer(admin))).status_code == 400


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "9" * 19, "٣"])
async def test_a_cursor_of_somebody_else_is_refused(cursor):
    with pytest.raises(ValidationFailed):
        await list_deliveries(OperationContext(None, None, None, None), cursor=cursor)
