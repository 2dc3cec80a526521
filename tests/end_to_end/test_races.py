"""Races, on real processes with two workers and on both databases: one winner, and nothing half-done."""

import asyncio
import shutil

import httpx
import pytest

from cierre.cli import demo_data
from cierre.services import build
from cierre.settings import Settings
from cierre.tokens.opaque import digest
from tests.support.contexts import opened
from tests.support.running import LOGOUT, USER, Nodes, bearer, mint, select

REFRESH = "/api/v1/auth/refresh"
LOGIN = "/api/v1/auth/login"
AT_ONCE = 24
ROUNDS = 50


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def workers(request, tmp_path_factory, _data_dirs):
    """Two workers on either database, started once: their URL, and settings with which to look beside them."""
    directory = tmp_path_factory.mktemp("races")
    if request.param == "sqlite":
        template = request.getfixturevalue("_sqlite_template")
        url = f"sqlite:///{shutil.copy(template, directory / 'cierre.db')}"
    else:
        databases = request.getfixturevalue("_postgres_databases")
        name = databases.lend()
        url = databases.url(name)
    nodes = Nodes(directory, shutil.copytree(_data_dirs("ES256"), directory / "data"))
    issuer = "http://cierre.test"
    yield (
        nodes(url, "--workers", "2", issuer=issuer).url,
        Settings(database_url=url, data_dir=nodes.data_dir, issuer=issuer),
    )
    nodes.end()
    if request.param == "postgresql":
        databases.take_back(name)


@pytest.fixture
async def node(workers):
    """Connections to the workers, made before the race: none starts late."""
    url, settings = workers
    services = build(settings)
    await services.database.open()
    clients = [httpx.AsyncClient(base_url=url, timeout=30) for _ in range(AT_ONCE)]
    await asyncio.gather(*(client.get("/health/live") for client in clients))
    yield Beside(services, clients)
    await asyncio.gather(*(client.aclose() for client in clients))
    await services.database.close()


class Beside:
    """What a test needs beside a running service."""

    def __init__(self, services, connections):
        self.services = services
        self._connections = connections

    def post(self, number, path, **more):
        """On the given connection: requests of different connections meet different workers."""
        return self._connections[number % len(self._connections)].post(path, **more)

    async def mint(self, count=1):
        return await mint(self.services, count)

    async def audited(self, *minted):
        """How many audit rows these sessions have."""
        of_one = "SELECT seq FROM audit_events WHERE session_id = :session AND logout_type IS NOT NULL"
        return sum([len(await self.rows(of_one, session=one.session_id)) for one in minted])

    async def still_open(self, *minted):
        of_one = "SELECT id FROM sessions WHERE user_id = :user AND id = :id AND closed_at IS NULL"
        return [one for one in minted if await self.rows(of_one, user=USER, id=one.session_id)]

    async def rows(self, sql, **values):
        return await select(self.services.database, sql, **values)

    async def usable(self, access):
        answer = await self._connections[0].get("/api/v1/auth/sessions", headers=bearer(access))
        return answer.status_code == 200


def statuses(answers):
    return sorted(answer.status_code for answer in answers)


async def test_of_24_simultaneous_logouts_with_one_token_exactly_one_succeeds(node):
    """Document 003, Casos de Error: "Multiple logout requests simultáneos"; one audit row a round, and no 500."""
    for minted in await node.mint(ROUNDS):
        answers = await asyncio.gather(
            *(node.post(number, LOGOUT, headers=bearer(minted.access)) for number in range(AT_ONCE))
        )
        assert statuses(answers) == [200] + [404] * (AT_ONCE - 1)
        closed = next(answer for answer in answers if answer.status_code == 200).json()
        repeats = {answer.json()["details"]["closedAt"] for answer in answers if answer.status_code == 404}
        assert repeats == {closed["data"]["logout"]["loggedOutAt"]}
        assert await node.audited(minted) == 1


async def test_of_24_simultaneous_logouts_of_all_exactly_one_closes(node):
    for _ in range(5):
        minted = await node.mint(4)
        answers = await asyncio.gather(
            *(
                node.post(number, LOGOUT, json={"logoutAll": True}, headers=bearer(minted[0].access))
                for number in range(AT_ONCE)
            )
        )
        assert statuses(answers) == [200] + [404] * (AT_ONCE - 1)
        assert await node.audited(*minted) == 4


async def test_after_a_logout_beside_a_refresh_no_token_is_usable(node):
    """Whichever came first, a hundred times."""
    for number, minted in enumerate(await node.mint(100)):
        logout, refresh = await asyncio.gather(
            node.post(2 * number, LOGOUT, headers=bearer(minted.access)),
            node.post(2 * number + 1, REFRESH, json={"refreshToken": minted.refresh}),
        )
        assert logout.status_code == 200
        assert refresh.status_code in {200, 401}, refresh.text
        assert not await node.usable(minted.access)
        if refresh.status_code == 200:
            renewed = refresh.json()["data"]
            assert not await node.usable(renewed["accessToken"])
            again = await node.post(0, REFRESH, json={"refreshToken": renewed["refreshToken"]})
            assert again.status_code == 401


async def test_a_login_beside_a_logout_of_all_is_closed_with_the_others_or_stays_whole(node):
    """What the closing counted is dead, what it did not is alive: by session, never by the second."""
    for _ in range(10):
        (minted,) = await node.mint()
        credentials = {"username": demo_data.USERS[0][1], "password": demo_data.PASSWORD}
        # The password's check takes a while; the closing is sent so that it meets the login's writing.
        login = asyncio.create_task(node.post(1, LOGIN, json=credentials))
        await asyncio.sleep(0.02)
        logout = await node.post(2, LOGOUT, json={"logoutAll": True}, headers=bearer(minted.access))
        issued = (await login).json()["data"]
        assert logout.status_code == 200
        (row,) = await node.rows(
            "SELECT closed_at FROM sessions WHERE user_id = :user AND id = :id",
            user=USER,
            id=issued["sessionId"],
        )
        is_open = row["closed_at"] is None
        assert await node.usable(issued["accessToken"]) == is_open
        renewed = await node.post(3, REFRESH, json={"refreshToken": issued["refreshToken"]})
        assert renewed.status_code == (200 if is_open else 401)
        assert await node.still_open(minted) == []
        if is_open:
            await node.post(4, LOGOUT, headers=bearer(issued["accessToken"]))


async def test_a_login_that_commits_while_all_are_closed_is_never_half_closed(node):
    """The same without the password: sessions opened as login opens them, at the very moment of the closing."""
    for _ in range(20):
        (minted,) = await node.mint()
        logout, issued = await asyncio.gather(
            node.post(2, LOGOUT, json={"logoutAll": True}, headers=bearer(minted.access)), opened(node.services)
        )
        assert logout.status_code == 200
        (row,) = await node.rows(
            "SELECT closed_at FROM sessions WHERE user_id = :user AND id = :id", user=USER, id=issued.session_id
        )
        assert await node.usable(issued.access_token) == (row["closed_at"] is None)


async def test_24_refreshes_with_one_token_get_one_successor_and_keep_the_family(node):
    for minted in await node.mint(5):
        answers = await asyncio.gather(
            *(node.post(number, REFRESH, json={"refreshToken": minted.refresh}) for number in range(AT_ONCE))
        )
        assert statuses(answers) == [200] * AT_ONCE
        assert len({answer.json()["data"]["refreshToken"] for answer in answers}) == 1
        kept = "SELECT hash FROM refresh_tokens WHERE session_id = :session"
        assert len(await node.rows(kept, session=minted.session_id)) == 2
        following = answers[0].json()["data"]["refreshToken"]
        assert (await node.post(0, REFRESH, json={"refreshToken": following})).status_code == 200


async def test_logouts_of_one_user_that_lock_his_sessions_in_any_order_all_answer(node):
    """Single, by device and of all at once: PostgreSQL may end one as a deadlock; no client sees it."""
    for _ in range(10):
        minted = await node.mint(6)
        bodies = [None, {"deviceId": "minted-3"}, {"logoutAll": True}, {"deviceId": "minted-4"}, None, {}]
        answers = await asyncio.gather(
            *(
                node.post(number, LOGOUT, json=body, headers=bearer(one.access))
                for number, (one, body) in enumerate(zip(minted, bodies, strict=True))
            )
        )
        assert set(statuses(answers)) <= {200, 404}
        assert await node.still_open(*minted) == []
        assert await node.audited(*minted) == 6


LARAVELS_TOKEN = """
    INSERT INTO personal_access_tokens (id, tokenable_type, tokenable_id, name, token)
    SELECT 1, 'App\\Models\\User', tokenable_id, 'documento-002', '{token}' FROM users WHERE id = '{user}'
    ON CONFLICT DO NOTHING RETURNING id
"""


async def test_two_first_uses_of_one_sanctum_token_make_one_session(node):
    # The races before have closed all sessions of the user, and with them gone are Laravel's tokens.
    await node.rows(LARAVELS_TOKEN.format(token=digest(demo_data.SANCTUM_SECRET), user=demo_data.USERS[0][0]))
    answers = await asyncio.gather(
        *(node.post(number, LOGOUT, headers=bearer(f"1|{demo_data.SANCTUM_SECRET}")) for number in range(AT_ONCE))
    )
    assert statuses(answers) == [200] + [404] * (AT_ONCE - 1)
    assert len(await node.rows("SELECT id FROM sessions WHERE device_id = 'sanctum-1'")) == 1
