"""The hash chain over the audit trail: what is sealed can't be changed, deleted, added to or moved unnoticed."""

import asyncio

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from cierre.cli.audit import command
from cierre.clock import now_ms
from cierre.domain import audit_chain
from cierre.domain.audit_chain import SETTLED
from cierre.node.sealer import Sealer
from cierre.storage.statements import Statement
from tests.support.running import EMAIL, USER
from tests.support.statements import watch

HOUR = 3_600_000


class Trail:
    """Six sealed rows of closings, and ways to tamper with them."""

    def __init__(self, service, url, folder):
        self.service = service
        self._where = ("--database-url", url, "--data-dir", str(folder))

    async def close(self, count=1):
        for session in await self.service.mint(count):
            assert (await self.service.logout(session.access)).status_code == 200

    def sealer(self):
        return Sealer(self.service.services, batch=4)

    async def seal(self):
        await self.let_go()
        await self.sealer().seal()

    async def let_go(self):
        """The lease, which another sealer has."""
        await self.run("DELETE FROM leases WHERE name = 'sealer'")

    async def run(self, sql, **values):
        async with self.service.services.database.connect() as tx:
            await tx.run(Statement(text(sql)), **values)

    async def numbers(self):
        return [row["seq"] for row in await self.service.rows("SELECT seq FROM audit_links ORDER BY position")]

    async def command(self, *arguments):
        return await asyncio.to_thread(CliRunner().invoke, command, [*arguments, *self._where])

    async def verify(self, *options):
        return await self.command("verify", *options)

    async def head(self):
        (row,) = await self.service.rows("SELECT position, hash FROM audit_links ORDER BY position DESC LIMIT 1")
        return f"{row['position']}:{row['hash']}"


@pytest.fixture
async def trail(start_service, database_url, tmp_path):
    return await sealed_trail(start_service, database_url, tmp_path)


async def sealed_trail(start_service, url, folder):
    service = await start_service(url, audit_seal_interval=HOUR)
    trail = Trail(service, url, folder)
    await trail.close(6)
    await trail.seal()
    return trail


async def test_a_trail_that_nobody_touched_is_whole(trail):
    done = await trail.verify()
    assert done.exit_code == 0, done.output
    assert "whole: 6 rows" in done.output
    assert f"head {await trail.head()}" in done.output
    assert "not sealed yet" not in done.output


async def test_what_is_not_sealed_yet_is_told(trail):
    await trail.close(2)
    done = await trail.verify()
    assert done.exit_code == 0, done.output
    assert "not sealed yet: 2 rows, the oldest of 20" in done.output


COLUMNS = {
    "event": "'user_login'",
    "reason": "'another'",
    "user_id": "'000000000000000000000001'",
    "actor_id": "'000000000000000000000001'",
    "actor_type": "'system'",
    "ip_address": "'192.0.2.1'",
    "user_agent": "NULL",
    "device_id": "'other'",
    "timestamp": "timestamp + 1",
    "sessions_closed": "7",
    "success": "NOT success",
    "attempts": "1",
    "subject": "'x'",
}


@pytest.mark.parametrize("column", COLUMNS)
async def test_a_changed_row_is_found_and_named(trail, column):
    number = (await trail.numbers())[3]
    await trail.run(f"UPDATE audit_events SET {column} = {COLUMNS[column]} WHERE seq = {number}")
    done = await trail.verify()
    assert (done.exit_code, f"broken: row {number} (link 4)" in done.output) == (1, True), done.output


async def test_a_deleted_row_is_found_with_and_without_its_link(trail):
    number = (await trail.numbers())[2]
    await trail.run(f"DELETE FROM audit_events WHERE seq = {number}")
    done = await trail.verify()
    assert (done.exit_code, f"row {number} (link 3) is missing" in done.output) == (1, True), done.output
    await trail.run("DELETE FROM audit_links WHERE position = 3")
    done = await trail.verify()
    assert (done.exit_code, "link 3 is missing" in done.output) == (1, True), done.output


async def test_rows_that_changed_places_are_found(trail):
    one, other = (await trail.numbers())[1:3]
    for old, new in ((one, -1), (other, one), (-1, other)):
        await trail.run(f"UPDATE audit_events SET seq = {new} WHERE seq = {old}")
    done = await trail.verify()
    assert (done.exit_code, f"row {one} (link 2)" in done.output) == (1, True), done.output


async def test_links_that_changed_places_are_found(trail):
    for old, new in ((2, 99), (3, 2), (99, 3)):
        await trail.run(f"UPDATE audit_links SET position = {new} WHERE position = {old}")
    done = await trail.verify()
    assert (done.exit_code, "(link 2)" in done.output) == (1, True), done.output


@pytest.mark.parametrize("sealed", [False, True], ids=["unsealed", "sealed by an honest node"])
async def test_a_row_that_was_added_to_the_past_is_found(trail, sealed):
    copied = "session_id, device_id, logout_type, sessions_closed, reason, session_duration, success, trace_id, event"
    await trail.run(
        f"INSERT INTO audit_events (timestamp, user_id, {copied})"
        f" SELECT timestamp - {2 * SETTLED}, user_id, {copied} FROM audit_events ORDER BY seq LIMIT 1"
    )
    if sealed:
        await trail.seal()
    done = await trail.verify()
    assert (done.exit_code, "were sealed" in done.output or "had theirs" in done.output) == (1, True), done.output


async def test_an_end_that_was_cut_off_is_found_by_a_known_head(trail):
    head = await trail.head()
    assert (await trail.verify("--head", head)).exit_code == 0
    last = (await trail.numbers())[-1]
    await trail.run("DELETE FROM audit_links WHERE position = 6")
    await trail.run(f"DELETE FROM audit_events WHERE seq = {last}")
    assert (await trail.verify()).exit_code == 0, "the chain alone can't know"
    done = await trail.verify("--head", head)
    assert (done.exit_code, "its end was cut off" in done.output) == (1, True), done.output


async def test_a_chain_that_was_made_anew_is_found_by_a_known_head(trail):
    head = await trail.head()
    await trail.run("DELETE FROM audit_links")
    await trail.run("UPDATE audit_events SET reason = 'forged' WHERE seq = (SELECT min(seq) FROM audit_events)")
    await trail.seal()
    assert (await trail.verify()).exit_code == 0
    assert (await trail.verify("--head", head)).exit_code == 1


async def test_a_head_that_is_none_is_a_mistake(trail):
    done = await trail.verify("--head", "nonsense")
    assert done.exit_code == 2
    assert "is no head of the chain" in done.output


async def test_a_backlog_is_sealed_in_batches_and_an_outage_of_the_sealer_is_no_forgery(trail):
    await trail.close(9)
    await trail.run(f"UPDATE audit_events SET timestamp = timestamp - {3 * SETTLED} WHERE seq > 6")
    await trail.run("DELETE FROM audit_links")
    await trail.seal()
    done = await trail.verify()
    assert (done.exit_code, "whole: 15 rows" in done.output) == (0, True), done.output


async def test_a_number_that_is_committed_late_is_sealed(trail):
    """A transaction takes its number before others that commit first."""
    await trail.run("UPDATE audit_events SET seq = seq + 100")
    await trail.run("DELETE FROM audit_links")
    await trail.seal()
    await trail.run("UPDATE audit_events SET seq = 100 WHERE seq = (SELECT max(seq) FROM audit_events)")
    await trail.run("DELETE FROM audit_links WHERE position = 6")
    await trail.seal()
    done = await trail.verify()
    assert (done.exit_code, "whole: 6 rows" in done.output) == (0, True), done.output
    assert (await trail.numbers())[-1] == 100


@pytest.fixture
async def postgres_trail(start_service, postgres_url, tmp_path):
    trail = await sealed_trail(start_service, postgres_url, tmp_path)
    await trail.let_go()
    return trail


async def write_event(tx):
    await tx.run(
        Statement(
            text(
                "INSERT INTO audit_events (timestamp, event, sessions_closed, success, trace_id) "
                f"VALUES ({now_ms()}, 'user_logout', 1, true, '')"
            )
        )
    )


async def test_what_is_committed_after_later_events_were_sealed_is_sealed_by_the_next_run(postgres_trail):
    trail = postgres_trail
    database = trail.service.services.database
    sealer = trail.sealer()
    await sealer.seal()
    # A number that is given and never written.
    await trail.run("SELECT nextval('audit_events_seq_seq')")
    async with database.connect() as tx, tx.atomic():
        await write_event(tx)
        await trail.close(9)
        await sealer.seal()
        assert len(await trail.numbers()) == 15
    await trail.close(2)
    await sealer.seal()
    numbers = await trail.numbers()
    assert [number - numbers[5] for number in numbers[6:]] == [*range(3, 12), 2, 12, 13]
    done = await trail.verify()
    assert (done.exit_code, "whole: 18 rows" in done.output) == (0, True), done.output


@pytest.fixture
def asked_for(postgres_trail, monkeypatch):
    """`asked_for(name)`: the values of this parameter in the statements of the next run of one sealer."""
    begin, sealer = watch(monkeypatch), postgres_trail.sealer()

    async def run(name):
        statements = begin()
        await sealer.seal()
        return [one.values[name] for one in statements if name in one.values]

    return run


async def test_each_run_reads_only_what_is_new(postgres_trail, asked_for):
    await asked_for("after")
    for _ in range(2):
        newest = (await postgres_trail.numbers())[-1]
        await postgres_trail.close(1)
        assert await asked_for("after") == [newest, newest], "the numbers that are missing, and the events"


async def test_a_sealer_looks_back_where_another_has_sealed_meanwhile(postgres_trail):
    """Such as after a failover: what it remembers is of another chain."""
    trail = postgres_trail
    sealer = trail.sealer()
    await sealer.seal()
    await trail.run("DELETE FROM audit_links WHERE position > 3")
    await sealer.seal()
    done = await trail.verify()
    assert (done.exit_code, "whole: 6 rows" in done.output) == (0, True), done.output


async def test_a_number_is_looked_for_as_long_as_a_transaction_may_last(postgres_trail, asked_for, monkeypatch):
    trail = postgres_trail
    await trail.run("SELECT nextval('audit_events_seq_seq')")
    await trail.close(1)
    assert await asked_for("firsts") == []
    missing = (await trail.numbers())[-1] - 1
    assert await asked_for("firsts") == [[missing]]
    monkeypatch.setattr(audit_chain, "LONGEST_TRANSACTION", -1)
    # Once more, for what was committed in the last moment.
    assert await asked_for("firsts") == [[missing]]
    assert await asked_for("firsts") == []


async def test_many_writers_and_two_sealers_make_one_chain(trail, start_service, database_url):
    other = await start_service(database_url, audit_seal_interval=20)
    nodes = (trail.service, other) * 30
    sessions = await trail.service.mint(60)
    answers = await asyncio.gather(*(node.logout(one.access) for node, one in zip(nodes, sessions, strict=True)))
    assert {answer.status_code for answer in answers} == {200}
    await trail.seal()
    done = await trail.verify()
    assert done.exit_code == 0, done.output
    assert len(await trail.numbers()) == len(set(await trail.numbers())) == 66


async def test_the_service_seals_by_itself(start_service, database_url):
    service = await start_service(database_url, audit_seal_interval=20)
    (session,) = await service.mint()
    await service.logout(session.access)
    deadline = asyncio.get_running_loop().time() + 20
    while not await service.rows("SELECT * FROM audit_links"):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.05)


async def test_a_pruned_trail_can_be_verified(trail):
    head = await trail.head()
    await trail.run(f"UPDATE audit_events SET timestamp = timestamp - {HOUR}")
    await trail.run("DELETE FROM audit_links")
    await trail.seal()
    await trail.close(2)
    await trail.seal()
    later = await trail.head()
    done = await trail.command("prune", "--older-than", "30m")
    assert done.output == "6 events deleted\n"
    assert len(await trail.service.audit()) == 2
    assert [row["event"] for row in await trail.service.trail()] == ["audit_pruned"]
    await trail.seal()
    done = await trail.verify("--head", later)
    assert (done.exit_code, "whole: 3 rows" in done.output) == (0, True), done.output
    older = await trail.verify("--head", f"1:{'0' * 64}")
    assert (older.exit_code, "older than the beginning" in older.output) == (2, True), older.output
    assert head != later
    again = await trail.command("prune", "--older-than", "30m")
    assert again.output == "0 events deleted\n"


async def test_a_beginning_that_was_cut_off_without_a_pruning_is_found(trail):
    number = (await trail.numbers())[1]
    await trail.run(f"DELETE FROM audit_events WHERE seq <= {number}")
    await trail.run("DELETE FROM audit_links WHERE position < 3")
    done = await trail.verify()
    assert (done.exit_code, "link 1 is missing" in done.output) == (1, True), done.output


async def test_an_erased_user_leaves_the_chain_whole(trail):
    done = await trail.command("erase", EMAIL[USER])
    assert done.exit_code == 0, done.output
    await trail.seal()
    assert {row["ip_address"] for row in await trail.service.audit(user_id=USER)} == {None}
    done = await trail.verify()
    assert (done.exit_code, "6 of them without their personal data" in done.output) == (0, True), done.output


async def test_personal_data_that_go_without_an_erasure_are_found(trail):
    number = (await trail.numbers())[0]
    await trail.run(
        f"UPDATE audit_events SET ip_address = NULL, user_agent = NULL, device_id = NULL WHERE seq = {number}"
    )
    await trail.run(f"UPDATE audit_links SET salt = NULL WHERE seq = {number}")
    done = await trail.verify()
    assert (done.exit_code, "no erasure of that user" in done.output) == (1, True), done.output


async def test_the_trail_is_listed(trail):
    await trail.service.login()
    listed = await trail.command("list", "--user", EMAIL[USER], "--limit", "3")
    assert [line.split()[1] for line in listed.output.splitlines()] == ["EVENT", "login", "user_logout", "user_logout"]
    lines = await trail.command("list", "--json", "--event", "login", "--since", "1h")
    assert '"actor_id":"' + USER in lines.output
    assert str(now_ms())[:5] not in lines.output
