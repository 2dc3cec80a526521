"""`cierre audit list`, `export` and `report`: the trail, to look at."""

import asyncio
import csv
import json
import os
import signal
import stat
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner
from pyarrow import parquet

from cierre.cli.audit import command
from cierre.domain import audit_report
from cierre.settings import DAY, MINUTE
from tests.support.running import ADMIN, EMAIL, USER, bearer

FORMULA = '=HYPERLINK("http://attacker.example")'


@pytest.fixture
async def trail(start_service, database_url, tmp_path):
    """One logout of each type; `run(*arguments)` is `cierre audit`."""
    service = await start_service(database_url)
    for age in (MINUTE // 2, 12 * MINUTE):
        (session,) = await service.mint(1, age=age)
        await service.logout(session.access, **{"User-Agent": FORMULA})
    one, _, _ = await service.mint(3)
    await service.logout(one.access, {"deviceId": "minted-1"})
    await service.logout(one.access, {"logoutAll": True})
    await service.mint(1)
    admin = await service.login(ADMIN)
    forced = {"userId": USER, "reason": "security_incident"}
    await service.client.post("/api/v1/admin/users/force-logout", json=forced, headers=bearer(admin["accessToken"]))
    where = ("--database-url", database_url, "--data-dir", str(tmp_path / "data"))

    async def run(*arguments, code=0):
        done = await asyncio.to_thread(CliRunner().invoke, command, (*arguments, *where))
        assert done.exit_code == code, done.output
        return done.output

    run.where = where
    run.service = service
    return run


async def listed(trail, *arguments):
    return [json.loads(line) for line in (await trail("list", "--json", *arguments)).splitlines()]


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ([], 7),
        (["--type", "single_device"], 2),
        (["--type", "all_devices", "--user", EMAIL[USER]], 2),
        (["--event", "admin_logout"], 1),
        (["--actor", ADMIN], 2),
        (["--since", "1h"], 7),
        (["--until", "1h"], 0),
        (["--limit", "3"], 3),
    ],
)
async def test_events_are_chosen_by_filters(trail, filters, count):
    assert len(await listed(trail, *filters)) == count


async def test_events_of_a_session_are_listed(trail):
    session = (await listed(trail, "--type", "single_device"))[0]["session_id"]
    assert {one["session_id"] for one in await listed(trail, "--session", session)} == {session}


def follow(trail):
    program = [sys.executable, "-m", "cierre", "audit", "list", "--follow", "--json", *trail.where]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(program, stdout=subprocess.PIPE, text=True, env=environment)


async def test_following_shows_what_comes_and_nothing_twice(trail):
    following = follow(trail)
    try:
        before = [json.loads(await asyncio.to_thread(following.stdout.readline)) for _ in range(7)]
        sessions = await trail.service.mint(3)
        for session in sessions:
            await trail.service.logout(session.access)
        after = [json.loads(await asyncio.to_thread(following.stdout.readline)) for _ in range(3)]
        # A look more, which must show nothing.
        await asyncio.sleep(1.5)
    finally:
        following.send_signal(signal.SIGINT)
        rest, _ = following.communicate(timeout=20)
    assert following.returncode == 130
    assert rest == ""
    shown = [one["seq"] for one in before + after]
    assert shown == sorted(set(shown))
    assert [one["session_id"] for one in after] == [one.session_id for one in sessions]


async def test_to_follow_there_is_no_end(trail):
    assert "leave out --until" in await trail("list", "--follow", "--until", "1h", code=2)


async def test_csv_has_every_event_oldest_first_and_no_formula(trail, tmp_path):
    file = tmp_path / "trail.csv"
    assert await trail("export", str(file)) == f"7 events in {file}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with file.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    events = (await listed(trail))[::-1]
    assert [int(row["seq"]) for row in rows] == [event["seq"] for event in events]
    assert [row["timestamp"] for row in rows] == [event["timestamp"] for event in events]
    assert rows[0]["user_agent"] == f"'{FORMULA}"


async def test_parquet_has_types_and_the_values_as_they_are(trail, tmp_path):
    file = tmp_path / "trail.parquet"
    await trail("export", str(file), "--type", "single_device")
    table = parquet.read_table(file)
    assert table.num_rows == 2
    assert str(table.schema.field("timestamp").type) == "timestamp[ms, tz=UTC]"
    assert table.column("user_agent").to_pylist() == [FORMULA] * 2
    assert table.column("success").to_pylist() == [True] * 2
    assert table.column("session_duration").to_pylist()[1] >= 12 * MINUTE


async def test_an_export_that_fails_leaves_the_file_of_before(trail, tmp_path):
    file = tmp_path / "trail.csv"
    file.write_text("before", encoding="utf-8")
    await trail("export", str(file), "--user", "nobody@example.com", code=2)
    assert file.read_text(encoding="utf-8") == "before"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".trail")] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["export", "trail.txt"], "neither CSV nor Parquet"),
        (["export", "nowhere/trail.csv"], "there is no folder nowhere"),
        (["report", "--png", "trail.jpg"], "is no PNG"),
    ],
)
async def test_a_mistake_is_said_in_a_line(trail, arguments, words):
    assert words in await trail(*arguments, code=2)


async def test_the_report_counts_by_type_reason_hour_and_length(trail):
    hour = time.strftime("%H", time.gmtime())
    found = json.loads(await trail("report", "--json"))
    assert found["total"] == 6
    assert found["types"] == {
        "single_device": 2, "specific_device": 1, "all_devices": 2, "admin_forced": 1, "automatic": 0,
    }  # fmt: skip
    assert found["reasons"] == {"user_initiated": 5, "security_incident": 1}
    assert found["lengths"]["< 1 h"] == 1
    assert sum(found["lengths"].values()) == 6
    assert sum(found["hours"].values()) == 6
    # The hour may have changed meanwhile.
    assert found["hours"][hour] == 6 or time.strftime("%H", time.gmtime()) != hour


async def test_the_report_draws_in_the_terminal_and_a_picture(trail, tmp_path):
    picture = tmp_path / "report.png"
    printed = await trail("report", "--png", str(picture))
    assert "6 sessions closed since" in printed
    assert "33.3%" in printed
    assert "█" in printed
    assert picture.read_bytes().startswith(b"\x89PNG")


async def test_nothing_to_report_is_no_mistake(trail, tmp_path):
    await trail.service.rows("SELECT 1 AS one")
    picture = tmp_path / "report.png"
    assert "0 sessions closed" in await trail("report", "--since", "1ms", "--png", str(picture))


async def test_many_reasons_are_ten_and_the_others(service):
    admin = (await service.login(ADMIN))["accessToken"]
    for number in range(14):
        await service.mint(1)
        body = {"userId": USER, "reason": f"reason {number % 12}"}
        await service.client.post("/api/v1/admin/users/force-logout", json=body, headers=bearer(admin))
    async with service.services.database.connect() as tx:
        found = await audit_report.report(tx, from_time=tx.now - DAY, to_time=tx.now + DAY)
    assert len(found.reasons) == 11
    assert found.reasons[audit_report.OTHERS] == 2
    assert sum(found.reasons.values()) == 14
