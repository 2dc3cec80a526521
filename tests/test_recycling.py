"""The tests' own databases: those of a run that is gone go with the next one, those of a run that lives stay."""

import asyncio

import asyncpg
import pytest

from tests.conftest import POSTGRES
from tests.support.recycling import Recycler


@pytest.fixture
async def postgresql(_postgres_databases):
    connection = await asyncpg.connect(POSTGRES)
    yield connection
    await connection.close()


async def databases(postgresql):
    return {row["datname"] for row in await postgresql.fetch("SELECT datname FROM pg_database")}


async def test_databases_of_a_run_that_is_gone_are_dropped_by_the_next(postgresql):
    await postgresql.execute("CREATE DATABASE cierre_test_00000000_1")
    with Recycler(POSTGRES, lambda _: None):
        assert "cierre_test_00000000_1" not in await databases(postgresql)


async def test_databases_of_a_run_that_lives_stay_and_go_with_it(postgresql):
    with Recycler(POSTGRES, lambda _: None) as living, Recycler(POSTGRES, lambda _: None):
        assert living._template in await databases(postgresql)
    assert living._template not in await databases(postgresql)


async def test_a_database_whose_name_only_resembles_ours_is_left_alone(postgresql):
    await postgresql.execute("CREATE DATABASE cierre_test_of_somebody")
    try:
        with Recycler(POSTGRES, lambda _: None):
            assert "cierre_test_of_somebody" in await databases(postgresql)
    finally:
        await postgresql.execute("DROP DATABASE cierre_test_of_somebody")


async def test_the_next_test_finds_the_revision_of_the_schema_whatever_this_one_wrote(request):
    """A database that said another revision was lent again, and only a downgrade noticed."""
    recycler = request.getfixturevalue("_postgres_databases")
    name = recycler.lend()
    connection = await asyncpg.connect(recycler.url(name))
    revision = await connection.fetchval("SELECT version_num FROM alembic_version")
    await connection.execute("UPDATE alembic_version SET version_num = 'another'")
    await connection.close()
    recycler.take_back(name)
    again = await asyncio.to_thread(recycler.lend)
    assert again == name
    connection = await asyncpg.connect(recycler.url(again))
    try:
        assert await connection.fetchval("SELECT version_num FROM alembic_version") == revision
    finally:
        await connection.close()
        recycler.take_back(again)
