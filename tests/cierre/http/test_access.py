"""Who may call an operation stands in the contract, and nowhere else: in its `x-cierre-` extensions."""

import copy

import pytest

from cierre import app, oas
from cierre.oas import BrokenDocument
from cierre.oas.structure import operations
from tests.support.running import ADMIN, USER, bearer

CACHED = {name: getattr(app, name) for name in ("checked_contract", "_routed")}
FORCE = "/api/v1/admin/users/force-logout"
OLD_LOGOUT = "/api/auth/logout"


@pytest.fixture
def database_url(sqlite_url):
    """The database has no say in this."""
    return sqlite_url


@pytest.fixture(scope="module")
def contract():
    return oas.load()


@pytest.fixture
def change(contract, monkeypatch):
    """`change(operation, name=value)`: the service reads the contract with other extensions; None takes one away."""

    def put(operation, **extensions):
        changed = copy.deepcopy(contract)
        item = next(item for _, _, item, _ in operations(changed) if item["operationId"] == operation)
        for name, value in extensions.items():
            item[f"x-cierre-{name}"] = value
            if value is None:
                del item[f"x-cierre-{name}"]
        document = oas.read(changed)
        monkeypatch.setattr(oas, "read", lambda: document)
        for name, function in CACHED.items():
            monkeypatch.setattr(app, name, function.__wrapped__)

    return put


async def test_the_role_of_the_contract_decides_who_may_call(change, start_service, database_url):
    change("list_sessions", role="ADMIN")
    service = await start_service(database_url, validate_responses=False)
    (user,), (administrator,) = await service.mint(), await service.mint(user_id=ADMIN)
    refused = await service.sessions(user.access)
    assert (refused.status_code, refused.json()["details"]) == (403, {"requiredRole": "ADMIN"})
    assert (await service.sessions(administrator.access)).status_code == 200


async def test_any_role_may_call_what_the_contract_opens(change, start_service, database_url):
    change("force_logout", role="any")
    service = await start_service(database_url)
    (user,) = await service.mint()
    answer = await service.client.post(FORCE, json={"userId": USER, "reason": "x"}, headers=bearer(user.access))
    assert (answer.status_code, answer.json()["data"]["logout"]["sessionsClosed"]) == (200, 1)


async def test_a_role_holds_for_a_credential_in_the_body_too(change, start_service, database_url):
    change("logout_by_refresh_token", role="ADMIN")
    service = await start_service(database_url, validate_responses=False)
    (user,), (administrator,) = await service.mint(), await service.mint(user_id=ADMIN)
    answers = [
        await service.client.post(OLD_LOGOUT, json={"refreshToken": session.refresh})
        for session in (user, administrator)
    ]
    assert [answer.status_code for answer in answers] == [403, 200]
    assert (await service.sessions(user.access)).status_code == 200


async def test_a_closed_session_is_no_principal_where_the_contract_asks_for_an_open_one(
    change, start_service, database_url
):
    change("logout", principal="bearer")
    service = await start_service(database_url)
    (session,) = await service.mint()
    assert (await service.logout(session.access)).status_code == 200
    assert (await service.logout(session.access)).status_code == 401


@pytest.mark.parametrize(
    ("operation", "extensions", "message"),
    [
        ("list_sessions", {"principal": None}, "list_sessions: x-cierre-principal is None"),
        ("list_sessions", {"principal": "none", "role": None}, "list_sessions: x-cierre-principal is 'none'"),
        ("force_logout", {"role": None}, "force_logout: x-cierre-role is None"),
        ("force_logout", {"role": "ROOT"}, "force_logout: x-cierre-role is 'ROOT'"),
        ("force_logout", {"ability": None}, "force_logout: x-cierre-ability is None"),
        ("logout", {"ability-for": {"all": "cierre:x"}}, "logout: x-cierre-ability-for names all, which no body has"),
    ],
)
def test_the_service_does_not_start_where_the_contract_leaves_it_open(change, operation, extensions, message):
    change(operation, **extensions)
    with pytest.raises(BrokenDocument, match=message):
        app._routed()
