"""The primary is killed under load and its synchronous standby takes over: nothing that was answered is lost."""

import asyncio
import itertools
import shutil
import tempfile
import time
from collections import Counter, deque
from pathlib import Path

import asyncpg
import httpx
import pytest

from cierre.services import build
from tests.conftest import _with_demo, missing
from tests.support.failover import Pair
from tests.support.running import ADMIN, LOGOUT, USER, bearer, mint

REFRESH = "/api/v1/auth/refresh"
# Clients at once, and logouts that are answered before the primary is killed, and again afterwards.
CLIENTS = 6
ANSWERED = 25
PATIENCE = 120


@pytest.fixture
def synchronous():
    """Whether the primary waits for its standby; a test says otherwise by its parameters."""
    return True


@pytest.fixture
def pair(synchronous):
    if shutil.which("pg_config") is None:
        missing("PostgreSQL's server is not installed")
    # Not pytest's own folder, which PostgreSQL's user may not enter.
    with tempfile.TemporaryDirectory(prefix="cierre-failover-") as folder:
        servers = Pair(Path(folder), synchronous=synchronous)
        try:
            servers.start_primary()
            yield servers
        finally:
            servers.end()


class Load:
    """Clients that log sessions out, and one that refreshes another; each repeats what was answered with 503.

    Attributes:
        closed: by session id, the answers to its logout: all 503 but for the last one.
        refreshed: by session id, the last refresh token that was answered.
        answers: `(time, status)` of each answer.
    """

    def __init__(self, nodes, sessions, *, refreshing=True):
        self.closed = {}
        self.refreshed = {}
        self.answers = []
        self._nodes = itertools.cycle(nodes)
        self._sessions = deque(sessions)
        self._ended = asyncio.Event()
        self._refreshing = refreshing

    @property
    def succeeded(self):
        return sum(status == 200 for _, status in self.answers)

    async def run(self, during):
        async with httpx.AsyncClient(timeout=60) as client, asyncio.TaskGroup() as group:
            for number in range(CLIENTS):
                group.create_task(self._refresh(client) if number == 0 and self._refreshing else self._log_out(client))
            await during()
            self._ended.set()

    async def until(self, count):
        """Until so many more were answered with success."""
        wanted = self.succeeded + count
        async with asyncio.timeout(PATIENCE):
            while self.succeeded < wanted:  # noqa: ASYNC110 - a list has no event
                await asyncio.sleep(0.01)

    async def _log_out(self, client):
        while self._sessions and not self._ended.is_set():
            session = self._sessions.popleft()
            answers = self.closed[session.session_id] = []
            await self._repeat(client, LOGOUT, answers, headers=bearer(session.access))

    async def _refresh(self, client):
        session = self._sessions.popleft()
        self.refreshed[session.session_id] = session.refresh
        while not self._ended.is_set():
            body = {"refreshToken": self.refreshed[session.session_id]}
            answer = await self._repeat(client, REFRESH, [], json=body)
            assert answer.status_code == 200, answer.text
            self.refreshed[session.session_id] = answer.json()["data"]["refreshToken"]

    async def _repeat(self, client, path, answers, **request):
        """Send it to one node after the other until one has an answer."""
        while True:
            answer = await client.post(next(self._nodes).url + path, **request)
            answers.append(answer.status_code)
            self.answers.append((time.perf_counter(), answer.status_code))
            if answer.status_code != 503:
                return answer
            assert int(answer.headers["Retry-After"]) > 0
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    "rounds", [pytest.param(1, id="once"), pytest.param(20, id="twenty-times", marks=pytest.mark.long)]
)
async def test_nothing_that_was_answered_is_lost_and_nothing_is_closed_twice(pair, serve, make_settings, rounds):
    await asyncio.to_thread(_with_demo, pair.url(pair.primary))
    nodes, measured = [], []
    for number in range(rounds):
        await asyncio.to_thread(pair.add_standby)
        if not nodes:
            url = pair.service_url
            nodes = [await asyncio.to_thread(serve, url, "--refresh-grace", "2m") for _ in range(2)]
        load = Load(nodes, await minted(make_settings(url)))
        measured.append(await fail_over(pair, load, pair.kill_primary))
        await nothing_is_lost(pair, load, nodes)
        print(f"failover {number + 1} of {rounds}: {sentence(*measured[-1])}")  # noqa: T201 - measured, for the docs
    print(f"longest: {sentence(*max(measured))}")  # noqa: T201 - the same


@pytest.mark.long
async def test_a_primary_that_falls_silent_is_left_for_the_one_that_takes_over(pair, serve, make_settings):
    """No connection is refused, and none is cut off: only time tells that it is gone."""
    await asyncio.to_thread(_with_demo, pair.url(pair.primary))
    await asyncio.to_thread(pair.add_standby)
    url = pair.service_url
    nodes = [await asyncio.to_thread(serve, url, "--refresh-grace", "2m") for _ in range(2)]
    load = Load(nodes, await minted(make_settings(url)))
    measured = await fail_over(pair, load, pair.silence_primary)
    # It would come back as a primary otherwise.
    await asyncio.to_thread(pair.kill, pair.standby)
    await nothing_is_lost(pair, load, nodes)
    print(f"silent: {sentence(*measured)}")  # noqa: T201 - measured, for the docs


@pytest.mark.parametrize("synchronous", [False])
async def test_the_same_check_finds_what_an_asynchronous_standby_loses(pair, serve, make_settings):
    """What is answered before the standby has it is lost with the primary, and the check of all these tests says so."""
    await asyncio.to_thread(_with_demo, pair.url(pair.primary))
    await asyncio.to_thread(pair.add_standby)
    node = await asyncio.to_thread(serve, pair.service_url, "--refresh-grace", "2m")
    # Who refreshes would be told at once that the token before was used already.
    load = Load([node], await minted(make_settings(pair.service_url)), refreshing=False)

    async def during():
        await load.until(ANSWERED)
        await pair.cut_off_standby()
        await load.until(ANSWERED)
        await asyncio.to_thread(pair.kill_primary)
        await pair.promote()
        await load.until(ANSWERED)

    await load.run(during)
    with pytest.raises(AssertionError, match="and the session is open"):
        await nothing_is_lost(pair, load, [node])


async def minted(settings):
    """Sessions of two users, made straight in the database."""
    services = build(settings)
    await services.database.open()
    try:
        both = [await mint(services, 200, user_id) for user_id in (USER, ADMIN)]
    finally:
        await services.database.close()
    return [session for two in zip(*both, strict=True) for session in two]


async def fail_over(pair, load, end_primary):
    """Seconds in which requests were refused, and seconds until the standby had taken over."""
    times = []

    async def during():
        await load.until(ANSWERED)
        times.append(time.perf_counter())
        await asyncio.to_thread(end_primary)
        await pair.promote()
        times.append(time.perf_counter())
        await load.until(ANSWERED)

    await load.run(during)
    killed, promoted = times
    refused = [at for at, status in load.answers if status == 503]
    assert refused, "there was load while there was no primary"
    return max(refused) - killed, promoted - killed


def sentence(refused, promoted):
    return f"requests were 503 for {refused:.2f} s; the standby had taken over after {promoted:.2f} s"


async def nothing_is_lost(pair, load, nodes):
    connection = await asyncpg.connect(pair.url(pair.primary))
    found = await connection.fetch(
        "SELECT s.id, s.closed_at IS NOT NULL AS closed,"
        " (SELECT count(*) FROM audit_events a WHERE a.session_id = s.id AND a.logout_type IS NOT NULL) AS audited,"
        " (SELECT count(*) FROM revocations r WHERE r.session_id = s.id) AS revoked FROM sessions s"
    )
    await connection.close()
    for row in found:
        assert row["audited"] == row["revoked"] == row["closed"], f"not once, or by halves: {dict(row)}"
    closed = {row["id"] for row in found if row["closed"]}
    for session_id, answers in load.closed.items():
        *before, last = answers
        # 404: it is closed already, by the request before, which was killed between its commit and its answer.
        assert last == 200 or (last == 404 and 503 in before), answers
        assert session_id in closed, f"{answers}, and the session is open"
    assert Counter(status for _, status in load.answers).keys() <= {200, 404, 503}
    async with httpx.AsyncClient(timeout=60) as client:
        for token in load.refreshed.values():
            answer = await client.post(nodes[0].url + REFRESH, json={"refreshToken": token})
            assert answer.status_code == 200, "the newest refresh token is lost"
