"""The roles that `cierre db roles` makes: the service adds to the audit trail, and can't change it, nor the schema."""

import asyncio
import contextlib
import uuid

import asyncpg
import pytest
from click.testing import CliRunner

from cierre.cli.audit import command as audit_command
from cierre.cli.db import command as db_command
from cierre.node.sealer import Sealer
from cierre.storage import migrate
from cierre.storage.roles import Roles, role_name, roles_sql
from tests.conftest import POSTGRES, fill_demo, missing
from tests.support.running import EMAIL, USER, run_apart


class Database:
    """A scratch database with roles of its own."""

    def __init__(self, roles):
        self.roles = roles
        self.name = roles.service

    def url(self, role):
        address = POSTGRES.rpartition("@")[2].rpartition("/")[0]
        return f"postgresql://{role}@{address}/{self.name}"

    async def administer(self, *statements, database=None):
        url = POSTGRES if database is None else f"{POSTGRES.rpartition('/')[0]}/{database}"
        connection = await asyncpg.connect(url, timeout=10)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def give_roles(self):
        await self.administer(roles_sql(self.roles), database=self.name)

    async def as_role(self, role, statement):
        connection = await asyncpg.connect(self.url(role), timeout=10)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


async def prepare(database, *, before):
    await database.administer(f"CREATE DATABASE {database.name}")
    if before:
        await database.give_roles()
        await asyncio.to_thread(migrate.upgrade, database.url(database.roles.migrator))
    else:
        await asyncio.to_thread(migrate.upgrade, f"{POSTGRES.rpartition('/')[0]}/{database.name}")
    await database.give_roles()
    await fill_demo(database.url(database.roles.service))


async def drop(database):
    await database.administer(
        f"DROP DATABASE IF EXISTS {database.name} WITH (FORCE)",
        *(f"DROP ROLE IF EXISTS {role}" for role in database.roles),
    )


@pytest.fixture(scope="module", params=[True, False], ids=["migrated by the migrator", "roles came later"])
def database(request):
    suffix = uuid.uuid4().hex[:8]
    database = Database(Roles(*(f"cierre_roles_{suffix}_{kind}" for kind in ("migrator", "service", "reader"))))
    try:
        run_apart(prepare(database, before=request.param))
        yield database
    except OSError as failure:
        missing(f"no PostgreSQL at {POSTGRES}: {failure}")
    finally:
        with contextlib.suppress(OSError):
            run_apart(drop(database))


@pytest.mark.parametrize("table", ["audit_events", "audit_links"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET seq = 1", "DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}"])
async def test_the_service_can_t_change_the_trail(database, table, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await database.as_role(database.roles.service, statement.format(table))


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "ALTER TABLE users ADD COLUMN mine int",
        "DROP TABLE sessions_0",
        "CREATE INDEX ON sessions (device_id)",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE audit_events DISABLE TRIGGER ALL",
        "UPDATE alembic_version SET version_num = '0001'",
        "GRANT UPDATE ON audit_events TO CURRENT_USER",
    ],
)
async def test_the_service_can_t_change_the_schema(database, statement):
    if statement.startswith("GRANT"):
        # PostgreSQL only warns that nothing was granted.
        await database.as_role(database.roles.service, statement)
        statement = "UPDATE audit_events SET reason = 'x'"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await database.as_role(database.roles.service, statement)


async def test_the_service_does_all_that_it_does_under_its_role(database, start_service):
    service = await start_service(
        database.url(database.roles.service), audit_seal_interval=20, sweep_interval=20, suspicious_change="audit"
    )
    await database.as_role(database.roles.service, "DELETE FROM leases WHERE name = 'sealer'")
    data = await service.login()
    renewed = await service.client.post("/api/v1/auth/refresh", json={"refreshToken": data["refreshToken"]})
    assert renewed.status_code == 200
    opaque = await service.login(tokenFormat="opaque")
    assert (await service.sessions("1|abcdef1234567890")).status_code == 200
    answer = await service.logout(data["accessToken"], {"logoutAll": True}, **{"Idempotency-Key": uuid.uuid4().hex})
    assert answer.status_code == 200
    assert (await service.sessions(opaque["accessToken"])).status_code == 401
    assert (await service.client.get("/health/ready")).status_code == 200
    deadline = asyncio.get_running_loop().time() + 20
    while not await service.rows("SELECT * FROM audit_links"):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.05)


async def test_the_service_starts_as_a_process_under_its_role(database, serve):
    node = serve(database.url(database.roles.service))
    assert "permission" not in node.log()


async def run(command, database, role, *arguments):
    where = ("--database-url", database.url(role))
    return await asyncio.to_thread(CliRunner().invoke, command, [*arguments, *where])


async def test_the_reader_verifies_the_trail_and_reads_nothing_else(database):
    reader = database.roles.reader
    done = await run(audit_command, database, reader, "verify")
    assert done.exit_code == 0, done.output
    await database.as_role(reader, "SELECT * FROM revocations")
    for table in ("users", "sessions", "refresh_tokens", "clients"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.as_role(reader, f"SELECT * FROM {table}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await database.as_role(reader, "DELETE FROM audit_events")


async def test_pruning_and_erasing_are_the_migrator_s(database, start_service):
    service = await start_service(database.url(database.roles.service), audit_seal_interval=60_000)
    await service.login()
    # A node of an earlier test may still have the lease.
    await database.as_role(database.roles.service, "DELETE FROM leases WHERE name = 'sealer'")
    await Sealer(service.services).seal()
    before = await service.rows("SELECT count(*) AS count FROM audit_events")
    for command in (("prune", "--older-than", "1ms"), ("erase", EMAIL[USER])):
        refused = await run(audit_command, database, database.roles.service, *command)
        assert refused.exit_code != 0
        assert "permission denied for table audit_" in refused.output
    assert await service.rows("SELECT count(*) AS count FROM audit_events") == before, "nothing half done"
    pruned = await run(audit_command, database, database.roles.migrator, "prune", "--older-than", "1ms")
    assert pruned.exit_code == 0, pruned.output
    verified = await run(audit_command, database, database.roles.reader, "verify")
    assert verified.exit_code == 0, verified.output


def test_the_command_prints_the_sql():
    done = CliRunner().invoke(db_command, ["roles", "--service", "app"])
    assert done.exit_code == 0
    assert done.output == roles_sql(Roles(service="app")) + "\n"
    same = CliRunner().invoke(db_command, ["roles", "--service", "app", "--reader", "app"])
    assert same.exit_code == 2
    assert CliRunner().invoke(db_command, ["roles", "--service", 'a"; DROP']).exit_code == 2


@pytest.mark.parametrize("name", ["", "1a", "a-b", "A", "a" * 64, "a'b"])
def test_a_name_that_needs_quotes_is_refused(name):
    with pytest.raises(ValueError, match="is no name for a role"):
        role_name(name)
