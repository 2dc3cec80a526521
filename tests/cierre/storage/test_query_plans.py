"""On PostgreSQL each query of a request touches one partition of the sessions, and each query has an index."""

import json
import re

import pytest

from benchmarks import stock
from cierre.clock import now_ms
from cierre.domain import audit_chain
from cierre.node.sweeper import Sweeper
from cierre.settings import MINUTE
from cierre.storage.repositories import closings, revocations, sessions
from tests.support.requests import V1, every_request
from tests.support.running import bearer
from tests.support.statements import watch

PARTITION = re.compile(r"^sessions_\d+$")
# A handful of rows, read whole: now and then, and by /health/ready.
SMALL = {"clients", "receivers", "alembic_version"}


@pytest.fixture
def asked(monkeypatch):
    """`asked()`: from now on, every statement of this test's requests."""
    return watch(monkeypatch)


def nodes(plan):
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


async def explained(service, statements):
    """`(statement, nodes of its plan)` of each different statement."""
    found = {}
    async with service.services.database.connect() as tx:
        connection = tx._connection
        # Tables of a few rows: where a scan is chosen all the same, there is no index.
        await connection.execute("SET enable_seqscan = off")
        for one in statements:
            if (sql := one.sql) not in found:
                (row,) = await connection.fetch(f"EXPLAIN (FORMAT JSON) {sql}", *one.arguments)
                found[sql] = list(nodes(json.loads(row[0])[0]["Plan"]))
        await connection.execute("RESET enable_seqscan")
    return found.items()


def without_index(plan):
    return {node["Relation Name"] for node in plan if node["Node Type"] == "Seq Scan"} - SMALL


async def test_each_query_of_a_request_has_an_index_and_touches_one_partition(start_service, postgres_url, asked):
    service = await start_service(postgres_url, refresh_grace=1)
    statements = asked()
    await every_request(service)
    plans = await explained(service, statements)
    assert len(plans) > 25
    for sql, plan in plans:
        touched = {node["Relation Name"] for node in plan if PARTITION.match(node.get("Relation Name", ""))}
        assert len(touched) <= 1, sql
        assert not without_index(plan), sql


async def test_a_closing_looks_at_nobody_elses_sessions(start_service, postgres_url):
    service = await start_service(postgres_url)
    others = """
        WITH made AS (
            INSERT INTO users (id, email, password_hash, role, enabled, tokenable_id, created_at)
            SELECT lpad(n::text, 24, '0'), n || '@example.com', '!', 'EMPLEADO', true, n + 1000, 0
            FROM generate_series(1, 1000) n RETURNING id
        )
        INSERT INTO sessions (user_id, id, epoch, device_id, client_id, status, created_at, last_seen_at, expires_at)
        SELECT id, n || right(id, 20), 0, 'device', 'cierre', 'active', 0, 0, 4102444800000
        FROM made, generate_series(1, 30) n ORDER BY n
    """
    async with service.services.database.connect() as tx:
        connection = tx._connection
        await connection.execute(others)
        await connection.execute("ANALYZE sessions")
        for compound in (closings._ONE, closings._DEVICE, closings._OTHERS, closings._ALL):
            await connection.execute(f"PREPARE closing AS {compound.single.postgresql.text}")
            ones = ", ".join(["'1'"] * len(compound.single.postgresql.names))
            (row,) = await connection.fetch(f"EXPLAIN (FORMAT JSON) EXECUTE closing({ones})")
            await connection.execute("DEALLOCATE closing")
            conditions = [node["Index Cond"] for node in nodes(json.loads(row[0])[0]["Plan"]) if "Index Cond" in node]
            assert conditions
            # `everyone` has one row, which is nobody's session.
            of_sessions = [condition for condition in conditions if condition != "(id = 1)"]
            assert all(
                any(own in condition for own in ("user_id", "(id)", "tokenable_id", "(token_id"))
                for condition in of_sessions
            ), conditions


async def test_each_query_of_the_upkeep_has_an_index(start_service, postgres_url, asked):
    service = await start_service(postgres_url, audit_retention=1000, sweep_interval=3_600_000, poll_interval=50)
    await service.mint(3, age=15 * 86_400_000)
    statements = asked()
    sweeper = Sweeper(service.services)
    async with service.services.database.connect() as tx:
        await sweeper._close_due(tx)
        for purge in sweeper._purges().values():
            await purge(tx)
    for sql, plan in await explained(service, statements):
        assert not without_index(plan), sql


async def test_closing_all_is_a_fixed_number_of_statements(start_service, postgres_url, asked):
    service = await start_service(postgres_url)
    counts = []
    for number in (1, 60):
        sessions = await service.mint(number)
        statements = asked()
        answer = await service.logout(sessions[0].access, {"logoutAll": True})
        assert answer.json()["data"]["logout"]["sessionsClosed"] == number
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 4


async def test_a_logout_is_one_statement(start_service, postgres_url, asked):
    service = await start_service(postgres_url)
    (session,) = await service.mint()
    statements = asked()
    assert (await service.logout(session.access)).status_code == 200
    assert len([one for one in statements if "UPDATE sessions" in one.sql]) == 1


async def test_a_check_of_the_own_session_is_one_statement(start_service, postgres_url, asked):
    service = await start_service(postgres_url)
    (session,) = await service.mint()
    statements = asked()
    answer = await service.client.get(f"{V1}/sessions/{session.session_id}", headers=bearer(session.access))
    assert answer.status_code == 200
    assert len(statements) == 1


async def test_a_refresh_is_two_statements_and_its_exchange_is_one_of_them(start_service, postgres_url, asked):
    service = await start_service(postgres_url)
    # As most refreshes come: long after the session was used last.
    (session,) = await service.mint(age=10 * MINUTE)
    statements = asked()
    answer = await service.client.post(f"{V1}/refresh", json={"refreshToken": session.refresh})
    assert answer.status_code == 200
    # Token and session are read together to know whose they are, and not again for the exchange.
    assert len(statements) == 2
    assert len([one for one in statements if "UPDATE refresh_tokens" in one.sql and "UPDATE sessions" in one.sql]) == 1


async def test_introspection_of_an_access_token_reads_client_and_session_together(start_service, postgres_url, asked):
    service = await start_service(postgres_url)
    (session,) = await service.mint()
    statements = asked()
    form = {"token": session.access, "client_id": "demo-resource", "client_secret": "cierre-demo"}
    answer = await service.client.post("/oauth2/introspect", data=form)
    assert answer.json()["active"] is True
    assert len(statements) == 1


async def test_open_sessions_are_counted_up_to_a_limit_and_estimated_beyond_it(
    start_service, postgres_url, monkeypatch
):
    service = await start_service(postgres_url)
    await service.mint(5)
    async with service.services.database.connect() as tx:
        tx.now = now_ms()
        await tx._connection.execute("ANALYZE sessions")
        monkeypatch.setattr(sessions, "COUNTED", 3)
        assert await sessions.count_all_open(tx) == 5
    await service.mint(2)
    async with service.services.database.connect() as tx:
        tx.now = now_ms()
        # As it was at the last ANALYZE; and what is counted is not estimated.
        assert await sessions.count_all_open(tx) == 5
        monkeypatch.setattr(sessions, "COUNTED", 8)
        assert await sessions.count_all_open(tx) == 7


async def plan_as_it_runs(connection, asked):
    """The nodes of the plan that PostgreSQL makes for the statement on our connections."""
    mode = "force_custom_plan" if asked.statement.planned_anew else "force_generic_plan"
    await connection.execute(f"SET plan_cache_mode = {mode}")
    await connection.execute(f"PREPARE asked AS {asked.sql}")
    values = ", ".join(f"'{value}'" for value in asked.arguments)
    (row,) = await connection.fetch(f"EXPLAIN (FORMAT JSON) EXECUTE asked{f'({values})' if values else ''}")
    await connection.execute("DEALLOCATE asked")
    return nodes(json.loads(row[0])[0]["Plan"])


async def test_among_many_rows_the_upkeep_and_a_first_look_read_no_table_whole(
    start_service, postgres_url, asked, store
):
    """PostgreSQL guesses that a third of the rows are before a time that it does not know."""
    service = await start_service(postgres_url, sweep_interval=3_600_000, poll_interval=3_600_000)
    stock.fill(store, 20_000)
    # All but the newest have expired, and nobody has deleted them.
    store.execute(
        "INSERT INTO revocations (transaction_id, user_id, session_id, expires_at) "
        f"SELECT n, lpad(n::text, 24, '0'), lpad(n::text, 24, '0'), {now_ms() + 60_000} - (20000 - n) * 3600 "
        "FROM generate_series(1, 20000) n",
        "INSERT INTO audit_events (timestamp, event, sessions_closed, success, trace_id) "
        "SELECT 0, 'user_logout', 1, true, '' FROM generate_series(1, 20000) n",
        "INSERT INTO audit_links (position, seq, form, sealed_at, personal, hash) "
        f"SELECT n, seq, 1, {now_ms()} - 60000 * (20000 - n), '', '' "
        "FROM (SELECT seq, row_number() OVER (ORDER BY seq) AS n FROM audit_events) one",
        "ANALYZE",
    )
    sweeper = Sweeper(service.services)
    async with service.services.database.connect() as tx:
        statements = asked()
        await sweeper._close_due(tx)
        for purge in sweeper._purges().values():
            await purge(tx)
        _ = [page async for page in revocations.since(tx, 0)]
        await audit_chain.seal(tx, limit=500)
        assert len(statements) >= 10
        for one in statements:
            plan = await plan_as_it_runs(tx._connection, one)
            read = {node["Relation Name"] for node in plan if node["Node Type"] == "Seq Scan"}
            # A batch is so much of these few revocations that to read them all is right.
            many = {"refresh_tokens", "audit_events", "audit_links"} | ({"revocations"} - {one.sql.split()[2]})
            assert not {name for name in read if PARTITION.match(name)} | read & many, one.sql
        await tx._connection.execute("RESET plan_cache_mode")
