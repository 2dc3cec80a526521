"""PostgreSQL databases for tests, used again: making and dropping one costs more than most tests that need it.

Each test has one to itself. Afterwards every row is as the template had it; a database whose schema a test has
changed is dropped.

A run keeps one connection open for as long as it lives; the connection's name says which databases are its own. The
next run drops those that are left of a run whose connection is gone.
"""

import contextlib
import re
import uuid

import asyncpg
from anyio.from_thread import start_blocking_portal

_KEPT = "pristine"
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_SHAPE = """
SELECT md5(string_agg(attrelid::regclass::text || attname || atttypid::text, ',' ORDER BY attrelid, attnum))
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace = 'public'::regnamespace AND attnum > 0
"""
_SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"
_DATABASES = "SELECT datname FROM pg_database WHERE datname LIKE 'cierre\\_test\\_%'"
_RUNS = "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'cierre\\_test\\_%'"


class Recycler:
    """Lends databases made of a template; `with Recycler(…) as recycler`.

    Args:
        administration: URL of a database to create and drop others from.
        fill: is given the URL of an empty database and makes the template of it.

    Raises:
        OSError, asyncpg.PostgresError: PostgreSQL is not there.
    """

    def __init__(self, administration, fill):
        self._administration = administration
        self._fill = fill
        self._run = f"cierre_test_{uuid.uuid4().hex[:8]}"
        self._count = 0
        self._free = []
        self._returned = []
        self._shape = None
        self._resources = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self._portal = stack.enter_context(start_blocking_portal())
            named = {"application_name": self._run}
            self._connection = self._portal.call(lambda: self._connect(self._administration, server_settings=named))
            stack.callback(self._portal.call, self._connection.close)
            stack.callback(self._portal.call, self._drop_own)
            self._portal.call(self._drop_abandoned)
            self._template = self._portal.call(self._create)
            self._fill(self.url(self._template))
            self._resources = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._resources.close()

    def url(self, name):
        return f"{self._administration.rpartition('/')[0]}/{name}"

    def lend(self):
        """The name of a database as the template is; what still is connected to it is cut off."""
        while self._returned:
            self._portal.call(self._restore, self._returned.pop())
        return self._free.pop() if self._free else self._portal.call(self._copy)

    def take_back(self, name):
        """It is made as it was when the next one is lent: until then the test's service may still write to it."""
        self._returned.append(name)

    async def _connect(self, url, **more):
        return await asyncpg.connect(url, timeout=10, **more)

    async def _create(self, template=""):
        self._count += 1
        name = f"{self._run}_{self._count}"
        await self._connection.execute(f"CREATE DATABASE {name} {template}")
        return name

    async def _copy(self):
        name = await self._create(f"TEMPLATE {self._template}")
        connection = await self._connect(self.url(name))
        try:
            await connection.execute(f"CREATE SCHEMA {_KEPT}")
            for table in ("alembic_version", "users", "clients", "personal_access_tokens"):
                await connection.execute(f"CREATE TABLE {_KEPT}.{table} AS SELECT * FROM public.{table}")
            self._shape = await connection.fetchval(_SHAPE)
        finally:
            await connection.close()
        return name

    async def _restore(self, name):
        connection = await self._connect(self.url(name))
        try:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> $2"
            await connection.fetch(others, name, connection.get_server_pid())
            if await connection.fetchval(_SHAPE) == self._shape:
                await _reset(connection)
                self._free.append(name)
        finally:
            await connection.close()

    async def _drop_own(self):
        await self._drop(name for name in await self._databases() if name.startswith(f"{self._run}_"))

    async def _drop_abandoned(self):
        # First the databases: a run connects before it creates, so the owner of each of these is seen, if it lives.
        databases = await self._databases()
        alive = {row["application_name"] for row in await self._connection.fetch(_RUNS)}
        # A run that started at the same moment may drop the same ones.
        with contextlib.suppress(asyncpg.PostgresError):
            await self._drop(name for name in databases if name.rpartition("_")[0] not in alive)

    async def _databases(self):
        names = [row["datname"] for row in await self._connection.fetch(_DATABASES)]
        return [name for name in names if re.fullmatch(r"cierre_test_[0-9a-f]{8}_\d+", name)]

    async def _drop(self, names):
        for name in names:
            await self._connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def _reset(connection):
    tables = [row["tablename"] for row in await connection.fetch(_TABLES)]
    kept = [row["tablename"] for row in await connection.fetch(_TABLES.replace("'public'", f"'{_KEPT}'"))]
    sequences = [row["sequencename"] for row in await connection.fetch(_SEQUENCES)]
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        for table in tables:
            await connection.execute(f"DELETE FROM public.{table}")
        for table in kept:
            await connection.execute(f"INSERT INTO public.{table} SELECT * FROM {_KEPT}.{table}")
        for sequence in sequences:
            # Only of Laravel's table are there numbered rows from the start.
            last = f"(SELECT max(id) FROM {_KEPT}.personal_access_tokens)" if sequence.startswith("personal") else "0"
            await connection.execute(f"SELECT setval('public.{sequence}', greatest({last}, 1), {last} > 0)")
