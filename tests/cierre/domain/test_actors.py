"""An audit row names who did it: a user, a client, an operator at the command line, or the service itself."""

import asyncio

import pytest
from click.testing import CliRunner

from cierre.cli.sessions import command as sessions_command
from cierre.cli.users import command as users_command
from tests.support.running import ADMIN, EMAIL, USER, bearer

DAY = 86_400_000


async def actors(service, **where):
    """(event, reason, actor) of each row, oldest first."""
    rows = await service.audit(**where)
    return [(row["event"], row["reason"], (row["actor_type"], row["actor_id"])) for row in rows if row["logout_type"]]


async def test_a_forced_logout_names_the_administrator(service):
    (session,) = await service.mint()
    (admin,) = await service.mint(user_id=ADMIN)
    body = {"userId": USER, "reason": "security_incident"}
    answer = await service.client.post("/api/v1/admin/users/force-logout", json=body, headers=bearer(admin.access))
    assert answer.status_code == 200
    assert await actors(service, user_id=USER) == [("admin_logout", "security_incident", ("user", ADMIN))]
    listed = await service.client.get(
        "/api/v1/admin/audit-events", params={"sessionId": session.session_id}, headers=bearer(admin.access)
    )
    assert [event["actor"] for event in listed.json()["data"]["events"]] == [{"type": "user", "id": ADMIN}]


@pytest.mark.parametrize("way", ["bearer", "refresh_token", "user_token"])
async def test_a_logout_names_the_user(service, way):
    (session,) = await service.mint()
    post = service.client.post
    answer = await {
        "bearer": lambda: service.logout(session.access),
        "refresh_token": lambda: post("/api/auth/logout", json={"refreshToken": session.refresh}),
        "user_token": lambda: post("/logout", json={"user_id": USER, "token": session.access}),
    }[way]()
    assert answer.status_code == 200
    assert await actors(service) == [("user_logout", "user_initiated", ("user", USER))]


async def test_a_revocation_names_the_client(service):
    (session,) = await service.mint()
    form = {"token": session.access, "client_id": "cierre"}
    assert (await service.client.post("/oauth2/revoke", data=form)).status_code == 200
    assert await actors(service) == [("user_logout", "user_initiated", ("client", "cierre"))]


async def test_a_session_whose_time_is_over_is_closed_by_the_system_whoever_asks(start_service, database_url):
    service = await start_service(database_url, idle_timeout=DAY)
    (session,) = await service.mint(age=2 * DAY)
    (fresh,) = await service.mint()
    shown = await service.client.get(f"/api/v1/auth/sessions/{session.session_id}", headers=bearer(fresh.access))
    assert shown.json()["data"]["session"]["status"] == "closed"
    assert await actors(service) == [("security_logout", "inactivity", ("system", None))]


async def test_the_operator_at_the_command_line_is_named(service, database_url, tmp_path, monkeypatch):
    monkeypatch.setenv("CIERRE_OPERATOR", "ana")
    await service.mint(2)
    where = ("--database-url", database_url, "--data-dir", str(tmp_path))

    def run():
        runner = CliRunner()
        closed = runner.invoke(sessions_command, ["close", EMAIL[USER], *where])
        disabled = runner.invoke(users_command, ["disable", EMAIL[ADMIN], *where])
        return closed.exit_code, disabled.exit_code

    await service.mint(user_id=ADMIN)
    assert await asyncio.to_thread(run) == (0, 0)
    assert await actors(service, user_id=USER) == [("admin_logout", "admin_action", ("operator", "ana"))] * 2
    assert await actors(service, user_id=ADMIN) == [("security_logout", "account_disabled", ("operator", "ana"))]


async def test_an_event_older_than_actors_has_none(service):
    (session,) = await service.mint()
    await service.logout(session.access)
    async with service.services.database.connect() as tx:
        from sqlalchemy import text

        from cierre.storage.statements import Statement

        await tx.run(Statement(text("UPDATE audit_events SET actor_type = NULL, actor_id = NULL")))
    (admin,) = await service.mint(user_id=ADMIN)
    listed = await service.client.get("/api/v1/admin/audit-events", headers=bearer(admin.access))
    assert listed.status_code == 200
    assert [event["actor"] for event in listed.json()["data"]["events"]] == [None]
