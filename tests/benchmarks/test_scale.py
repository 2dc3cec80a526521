"""Ten million sessions: that what fills the tables is good, what a cost is, and what is told; a small run of it all."""

import os
import subprocess
import sys

import pytest

from benchmarks import report_scale, scratch, stock, stock_actions, usage, wire
from benchmarks.load import LoadFailed
from benchmarks.plan import FULL
from benchmarks.scenarios import scale
from benchmarks.stock import Stocked
from tests.benchmarks.test_benchmarks import server  # noqa: F401 - a fixture
from tests.support.running import bearer

INDEXES = """
    SELECT replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') FROM pg_index JOIN pg_class ON oid = indrelid
    WHERE relname IN ('users', 'sessions', 'refresh_tokens') ORDER BY 1
"""
CONSTRAINTS = """
    SELECT conrelid::regclass, conname, pg_get_constraintdef(pg_constraint.oid) FROM pg_constraint
    WHERE conrelid::regclass::text IN ('users', 'sessions', 'refresh_tokens') ORDER BY 1, 2
"""


async def test_each_session_of_the_stock_has_tokens_that_are_good(start_service, postgres_url, store):
    before = store.rows(INDEXES), store.rows(CONSTRAINTS)
    stock.fill(store, 60)
    assert (store.rows(INDEXES), store.rows(CONSTRAINTS)) == before
    service = await start_service(postgres_url)
    one = Stocked(11, 4)
    answer = await service.client.post("/api/v1/auth/refresh", json={"refreshToken": one.refresh_token})
    data = answer.json()["data"]
    listed = (await service.sessions(data["accessToken"])).json()["data"]["sessions"]
    assert {row["sessionId"] for row in listed} == {Stocked(11, device).session_id for device in range(5)}
    closed = await service.client.post(
        "/api/v1/auth/logout", json={"logoutAll": True}, headers=bearer(data["accessToken"])
    )
    assert closed.json()["data"]["logout"]["sessionsClosed"] == 5


def test_the_time_of_a_process_is_counted_to_the_nanosecond_and_of_what_has_ended_in_ticks():
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    own, ended = usage.precise_seconds(os.getpid()), usage.ended_seconds(os.getpid())
    subprocess.run([sys.executable, "-c", busy], check=True)
    assert 0.28 <= usage.ended_seconds(os.getpid()) - ended < 3
    assert 0 < usage.precise_seconds(os.getpid()) - own < 0.3
    assert usage.precise_seconds(2**22 + 1) == 0


async def test_each_request_is_sent_once_and_one_that_is_refused_ends_it(server):  # noqa: F811
    post = "POST / HTTP/1.1\r\nHost: a\r\nAuthorization: {}\r\nContent-Length: 0\r\n\r\n"
    requests = [post.format(number).encode() for number in range(7)]
    assert len(await wire.each(server.port, requests, at_once=3)) == 7
    with pytest.raises(LoadFailed, match="401"):
        await wire.each(server.port, requests[:1], at_once=1)


@pytest.fixture
def found():
    """As of a run in which everything costs the same at both sizes."""
    costs = {name: {"1000": [0.5, 0.25], "4000": [0.5, 0.25]} for name in stock_actions.ACTIONS}
    costs["logout" + stock_actions.OF_POSTGRES] = {"4000": [0.25, 0.25]}
    disk = {"session": 300.0, "refresh_token": 500.0}
    vacuum = {"seconds": 2.0, "quiet_p99_ms": 3.0, "p99_ms": 4.0, "logouts": 50}
    both = dict.fromkeys(("1000", "4000"), vacuum)
    denied = {"bytes": 99.0, "seconds": [0.9e-6, 1.2e-6, 0.8e-6]}
    return {"costs": costs, "disk": dict.fromkeys(both, disk), "vacuum": both, "denylist": denied}


def test_an_action_that_costs_more_with_more_sessions_misses_its_goal(found):
    assert all(goal.met for goal in report_scale.goals(found))
    # In the same round: 1.4 times, twice.
    found["costs"]["logout"]["4000"] = [0.7, 0.35]
    found["denylist"]["bytes"] = 101.0
    assert {goal.subject for goal in report_scale.goals(found) if not goal.met} == {"logout", "denylist, an entry"}


def test_every_action_is_told_with_both_of_its_costs(found):
    text = report_scale.text(found)
    for words in stock_actions.ACTIONS.values():
        assert f"| {words} | 375,000 | 375,000 | {'250,000' if words == 'logout' else ''} |" in text
    assert "| 1,000 | 2.0 | 3.0 | 4.0 | 50 |" in text


def test_the_steps_of_a_run_are_those_that_are_promised():
    sizes = stock_actions.Sizes.of(FULL)
    assert scale.steps(sizes).keys() == scale.step_seconds(sizes).keys()
    assert sum(count * scale.step_seconds(sizes)[name] for name, count in scale.steps(sizes).items()) < 15 * 60


@pytest.mark.long
def test_a_small_run_measures_everything():
    words = [sys.executable, "-m", "benchmarks.scenarios.scale", "--quick"]
    shown = subprocess.run(words, cwd=scratch.ROOT, capture_output=True, text=True, check=True, timeout=600).stdout
    assert all(f"| {words} |" in shown for words in stock_actions.ACTIONS.values())
    assert "| denylist, an entry |" in shown
