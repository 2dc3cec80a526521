"""PostgreSQL databases for tests, used again: making and dropping one costs more than most tests that need it.

Each test has one to itself. Afterwards every row is as the template had it; a database whose schema a test has
changed is dropped.
"""

import uuid

import asyncpg

_KEPT = "pristine"
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '%alembic%'"
_SHAPE = """
SELECT md5(string_agg(attrelid::regclass::text || attname || atttypid::text, ',' ORDER BY attrelid, attnum))
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace = 'public'::regnamespace AND attnum > 0
"""
_SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"


class Recycler:
    """Lends databases made of a template.

    Args:
        administration: URL of a database to create and drop others from.
        template: its name.
    """

    def __init__(self, administration, template):
        self._administration = administration
        self._template = template
        self._free = []
        self._made = []
        self._shape = None

    def url(self, name):
        return f"{self._administration.rpartition('/')[0]}/{name}"

    async def lend(self):
        if self._free:
            return self._free.pop()
        name = f"cierre_test_{uuid.uuid4().hex[:12]}"
        await self._administer(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        self._made.append(name)
        connection = await asyncpg.connect(self.url(name), timeout=10)
        try:
            await connection.execute(f"CREATE SCHEMA {_KEPT}")
            for table in ("users", "clients", "personal_access_tokens"):
                await connection.execute(f"CREATE TABLE {_KEPT}.{table} AS SELECT * FROM public.{table}")
            self._shape = await connection.fetchval(_SHAPE)
        finally:
            await connection.close()
        return name

    async def take_back(self, name):
        """Make it as it was; what still is connected to it is cut off."""
        connection = await asyncpg.connect(self.url(name), timeout=10)
        try:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> $2"
            await connection.fetch(others, name, connection.get_server_pid())
            if await connection.fetchval(_SHAPE) == self._shape:
                await _reset(connection)
                self._free.append(name)
        finally:
            await connection.close()

    async def close(self):
        for name in self._made:
            await self._administer(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    async def _administer(self, statement):
        connection = await asyncpg.connect(self._administration, timeout=10)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


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
            await connection.execute(f"SELECT setval('public.{sequence}', 1, {sequence.startswith('personal')})")
