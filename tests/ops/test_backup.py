"""`pg_dump` of a live node, restored elsewhere: what was closed stays closed, and nothing of later is good there."""

import asyncio
import shutil
import subprocess

import pytest

from tests.conftest import missing
from tests.support.running import SUPERVISOR, USER


@pytest.fixture
def second_url(_postgres_databases):
    """Another database, as empty as one for a restore should be."""
    name = _postgres_databases.lend()
    yield _postgres_databases.url(name)
    _postgres_databases.take_back(name)


def restore(source, target):
    program = shutil.which("pg_dump")
    if program is None:
        missing("pg_dump is not here (Debian's package postgresql-client): no backup was made")
    # The databases of the tests have a schema of their own beside it.
    dump = subprocess.run([program, "--no-owner", "--schema=public", source], capture_output=True, check=True)
    psql = ["psql", "-q", "-v", "ON_ERROR_STOP=1", target]
    subprocess.run([*psql, "-c", "DROP SCHEMA public CASCADE", "-c", "CREATE SCHEMA public"], check=True)
    # A schema that was made anew is in the dump, too.
    sql = dump.stdout.replace(b"\nCREATE SCHEMA public;", b"")
    done = subprocess.run(psql, input=sql, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


async def test_what_was_closed_stays_closed_in_a_restored_backup(start_service, postgres_url, second_url):
    live = await start_service(postgres_url)
    closed, open_, raced, *many = await live.mint(24)
    everywhere, also = await live.mint(2, SUPERVISOR)
    assert (await live.logout(closed.access)).status_code == 200
    # All of a user's sessions are closed by one mark on the user.
    assert (await live.logout(everywhere.access, {"logoutAll": True})).status_code == 200
    # The dump is made while others log out.
    dumping = asyncio.create_task(asyncio.to_thread(restore, postgres_url, second_url))
    answers = [await live.logout(one.access) for one in many]
    await dumping
    assert {answer.status_code for answer in answers} == {200}
    (later,) = await live.mint()
    renewed = (await live.client.post("/api/v1/auth/refresh", json={"refreshToken": raced.refresh})).json()["data"]

    restored = await start_service(second_url)
    statuses = {
        name: (await restored.sessions(session.access)).status_code
        for name, session in {
            "closed": closed, "everywhere": everywhere, "also": also, "later": later, "open": open_,
        }.items()
    }  # fmt: skip
    assert statuses == {"closed": 401, "everywhere": 401, "also": 401, "later": 401, "open": 200}
    # Memory is filled from the backup, too: resource servers and Redis have it from there.
    assert restored.services.denylist.denies(closed.session_id, USER, 0)
    # Of a closing either all is in the backup or nothing.
    rows = await restored.rows(
        "SELECT s.id FROM sessions s LEFT JOIN audit_events a ON a.session_id = s.id AND a.event = 'user_logout' "
        "WHERE (s.closed_at IS NULL) <> (a.seq IS NULL)"
    )
    assert rows == []
    # The refresh token of the backup is the one of before; its successor is known from there, and the session goes on.
    again = await restored.client.post("/api/v1/auth/refresh", json={"refreshToken": raced.refresh})
    assert again.status_code == 200
    assert (await restored.sessions(renewed["accessToken"])).status_code == 200
    assert (await restored.logout(open_.access)).status_code == 200
