"""Logins, changes and refusals leave rows beside those of sessions; what anybody can cause is bounded."""

import asyncio

import pytest
from click.testing import CliRunner

from cierre.cli.clients import command as clients_command
from cierre.cli.keys import command as keys_command
from cierre.cli.users import command as users_command
from cierre.clock import boottime
from cierre.domain.refusals import Refusal, Refusals
from cierre.principal import Caller
from tests.support.running import ADMIN, EMAIL, USER, bearer

LOGIN = "/api/v1/auth/login"


def columns_of(rows, *columns):
    return [tuple(row[name] for name in columns) for row in rows]


async def test_a_login_leaves_a_row_with_its_session(service):
    data = await service.login(deviceId="my-laptop")
    (row,) = await service.trail()
    assert (row["event"], row["actor_type"], row["actor_id"], row["user_id"]) == ("login", "user", USER, USER)
    assert (row["session_id"], row["device_id"], row["reason"]) == (data["sessionId"], "my-laptop", "password")
    assert (row["subject"], row["success"], row["attempts"]) == ("cierre", True, None)


async def test_a_first_use_of_a_token_that_laravel_made_is_a_login(service):
    assert (await service.sessions("1|abcdef1234567890")).status_code == 200
    assert columns_of(await service.trail(), "event", "reason", "user_id") == [("login", "sanctum_token", USER)]


async def test_failed_logins_are_told_by_account_and_counted(service):
    for _ in range(3):
        await service.client.post(LOGIN, json={"username": EMAIL[USER], "password": "wrong"})
    await service.client.post(LOGIN, json={"username": "nobody@ejemplo.com", "password": "wrong"})
    rows = await service.trail()
    attempts = {user: sum(row["attempts"] for row in rows if row["user_id"] == user) for user in (USER, None)}
    assert attempts == {USER: 3, None: 1}
    kinds = set(columns_of(rows, "event", "success", "actor_type", "actor_id", "ip_address"))
    assert kinds == {("login_failed", False, "anonymous", None, "127.0.0.1")}
    assert "nobody" not in str(rows), "what an unknown account was called may be a password"


async def test_a_refused_administration_names_who_tried(service):
    (session,) = await service.mint()
    body = {"userId": ADMIN, "reason": "because"}
    refused = await service.client.post("/api/v1/admin/users/force-logout", json=body, headers=bearer(session.access))
    assert refused.status_code == 403
    (row,) = await service.trail()
    assert columns_of([row], "event", "actor_id", "reason", "success") == [
        ("access_refused", USER, "force_logout", False)
    ]


async def test_a_wrong_current_password_and_a_changed_one_leave_rows(service):
    (session,) = await service.mint()
    for current, status in (("wrong", 401), ("cierre-demo", 200)):
        body = {"currentPassword": current, "newPassword": "another-password-1"}
        answer = await service.client.post("/api/v1/auth/password", json=body, headers=bearer(session.access))
        assert answer.status_code == status
    rows = columns_of(await service.trail(), "event", "actor_type", "actor_id", "user_id", "success")
    assert sorted(rows) == [
        ("password_change_failed", "user", USER, USER, False),
        ("password_changed", "user", USER, USER, True),
    ]


async def test_a_client_that_fails_to_authenticate_leaves_a_row(service):
    form = {"token": "t", "client_id": "demo-resource", "client_secret": "wrong"}
    assert (await service.client.post("/oauth2/introspect", data=form)).status_code == 401
    assert columns_of(await service.trail(), "event", "reason", "actor_type") == [
        ("client_authentication_failed", "introspect_token", "anonymous")
    ]


async def test_what_an_operator_does_leaves_rows(service, database_url, data_dir, monkeypatch):
    monkeypatch.setenv("CIERRE_OPERATOR", "ana")
    where = ["--database-url", database_url, "--data-dir", str(data_dir)]
    commands = [
        (users_command, ["add", "new@ejemplo.com", "--password", "a-long-password-1"]),
        (users_command, ["role", "new@ejemplo.com", "SUPERVISOR"]),
        (users_command, ["password", "new@ejemplo.com", "--password", "a-long-password-2"]),
        (users_command, ["disable", "new@ejemplo.com"]),
        (users_command, ["enable", "new@ejemplo.com"]),
        (clients_command, ["add", "app"]),
        (clients_command, ["add", "app", "--dialect", "session"]),
        (keys_command, ["rotate"]),
    ]

    def run():
        return [CliRunner().invoke(command, [*given, *where]) for command, given in commands]

    done = await asyncio.to_thread(run)
    assert [one.exit_code for one in done] == [0] * len(commands), [one.output for one in done]
    rows = await service.trail()
    assert columns_of(rows, "event", "subject") == [
        ("user_added", "EMPLEADO"),
        ("role_changed", "SUPERVISOR"),
        ("password_changed", None),
        ("account_disabled", None),
        ("account_enabled", None),
        ("client_registered", "app"),
        ("client_changed", "app"),
        ("key_rotated", done[-1].stdout.strip()),
    ]
    assert {(row["actor_type"], row["actor_id"]) for row in rows} == {("operator", "ana")}


def test_a_rotation_without_a_database_says_that_it_is_in_no_trail(tmp_path):
    done = CliRunner().invoke(keys_command, ["rotate", "--data-dir", str(tmp_path)])
    assert done.exit_code == 0
    assert "not in an audit trail" in done.stderr


async def count(refusals, times, *, user_id=None, address="192.0.2.1"):
    for _ in range(times):
        refusals.count(Refusal("login_failed", user_id, "login"), Caller(address, "curl", "t"), address)


async def test_one_source_has_two_rows_a_window_however_often_it_tries(service, monkeypatch):
    refusals = Refusals(service.services.database, window=60_000, limit=10)
    await count(refusals, 1)
    await refusals.write()
    await count(refusals, 500)
    await refusals.write()
    assert columns_of(await service.trail(), "attempts") == [(1,)], "the window is not over yet"
    later = boottime() + 61
    monkeypatch.setattr("cierre.domain.refusals.boottime", lambda: later)
    await refusals.write()
    assert columns_of(await service.trail(), "attempts") == [(1,), (500,)]
    await count(refusals, 1)
    await refusals.write()
    assert columns_of(await service.trail(), "attempts") == [(1,), (500,), (1,)], "the next window tells at once again"


async def test_more_sources_than_the_limit_are_one_row_and_none_is_lost(service):
    refusals = Refusals(service.services.database, window=60_000, limit=10)
    for number in range(500):
        await count(refusals, 1, address=f"192.0.2.{number}", user_id=USER)
    await refusals.write(everything=True)
    rows = await service.trail()
    assert len(rows) == 11
    assert sum(row["attempts"] for row in rows) == 500
    assert columns_of(rows[-1:], "attempts", "ip_address", "user_id") == [(490, None, None)]


async def test_what_could_not_be_written_stays_counted(service, monkeypatch):
    from cierre.errors import ServiceUnavailable

    refusals = Refusals(service.services.database, window=60_000, limit=10)
    await count(refusals, 3)

    def away():
        raise ServiceUnavailable

    monkeypatch.setattr(service.services.database, "connect", away)
    with pytest.raises(ServiceUnavailable):
        await refusals.write()
    monkeypatch.undo()
    await refusals.write()
    assert columns_of(await service.trail(), "attempts") == [(3,)]


async def test_the_service_writes_the_first_refusal_by_itself(service):
    await service.client.post(LOGIN, json={"username": EMAIL[USER], "password": "wrong"})
    deadline = asyncio.get_running_loop().time() + 20
    while not (rows := await service.rows("SELECT * FROM audit_events WHERE event = 'login_failed'")):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.1)
    assert columns_of(rows, "attempts") == [(1,)]
