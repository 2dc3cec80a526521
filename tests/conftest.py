"""What tests share: databases, a Redis and keys of their own, the service in process, and real processes of it.

Where PostgreSQL or Redis is not there, tests that need it are skipped and say so; with CIERRE_NO_SKIP=1 they fail.
"""

import asyncio
import os
import shutil
import signal
import sqlite3
import time
from contextlib import AsyncExitStack, ExitStack
from dataclasses import fields
from functools import cache
from urllib.parse import urlsplit

import asyncpg
import pytest
import redis

from benchmarks.database import Postgres
from cierre.cli import demo_data
from cierre.domain.passwords import Passwords
from cierre.settings import DatabaseLimits, Settings
from cierre.storage import migrate
from cierre.storage.database import open_url
from cierre.tokens import key_files
from cierre.tokens.server_secret import server_secret
from tests.support.recycling import Recycler
from tests.support.running import Nodes, run_apart
from tests.support.running import running as run_service
from tests.support.scheduling import SharingScheduling

POSTGRES = os.environ.get("CIERRE_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("CIERRE_TEST_REDIS", "redis://127.0.0.1:6379")
# Argon2 as cheap as it gets: what it costs is not what most tests are about.
CHEAP = {"memory": 8, "passes": 1}
NO_SKIP = os.environ.get("CIERRE_NO_SKIP") == "1"

# What a shell without a terminal runs in the background ignores SIGINT, and so would each process that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Files of these take minutes each.
LONGEST = (
    "tests/mocks/test_public_documents.py",
    "tests/contract_tests/test_",
    "tests/contract_tests/",
    "tests/cierre/revocation/",
    "tests/docs/",
    "tests/end_to_end/",
)


# Of the tests that are long by nature, those that wait most: others run meanwhile.
WAITING = ("tests/ops/", "tests/docs/", "tests/end_to_end/")
# Seconds that one of them may take; pyproject.toml has the limit of the others.
LONG_TIMEOUT = 2400


def pytest_collection_modifyitems(items):
    """Begin with what takes longest, so that no process is left with one of them at the end; give it time."""

    def order(item):
        is_long = item.get_closest_marker("long") is not None
        waits = is_long and item.nodeid.startswith(WAITING)
        return [not waits, *(not item.nodeid.startswith(folder) for folder in LONGEST)]

    items.sort(key=order)
    for item in items:
        if item.get_closest_marker("long") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(LONG_TIMEOUT))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Of `--dist=loadgroup`."""
    return SharingScheduling(config, log) if config.getvalue("dist") == "loadgroup" else None


def missing(what):
    """Skip, or fail where nothing may be skipped."""
    if NO_SKIP:
        pytest.fail(f"CIERRE_NO_SKIP=1, and {what}", pytrace=False)
    pytest.skip(what)


def _with_demo(url):
    run_apart(asyncio.to_thread(_migrate_and_fill, url))


def _migrate_and_fill(url):
    migrate.upgrade(url)
    asyncio.run(fill_demo(url))


async def fill_demo(url):
    """Add the demo's users, clients and token of Laravel to a database that is migrated."""
    database = open_url(url)
    await database.open()
    try:
        await demo_data.fill(database, Passwords(**CHEAP), tokenable_type="App\\Models\\User")
    finally:
        await database.close()


# --- keys


@pytest.fixture(scope="session")
def _data_dirs(tmp_path_factory):
    """`_data_dirs(algorithm)`: a data directory with a key of that algorithm, made once."""

    @cache
    def make(algorithm):
        directory = tmp_path_factory.mktemp("keys")
        key_files.rotate(directory / "keys", algorithm)
        server_secret(directory, None)
        return directory

    return make


@pytest.fixture
def key_algorithm():
    """Of the first signing key: the default. An RSA key takes a hundred times as long to read."""
    return "ES256"


@pytest.fixture
def data_dir(_data_dirs, key_algorithm, tmp_path):
    """A data directory with a signing key and a secret."""
    return shutil.copytree(_data_dirs(key_algorithm), tmp_path / "data")


# --- databases: each test gets a fresh one, migrated, with the demo's users and clients


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory):
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _with_demo(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


@pytest.fixture
def sqlite_url(_sqlite_template, tmp_path):
    path = shutil.copy(_sqlite_template, tmp_path / "cierre.db")
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def _postgres_databases():
    with ExitStack() as stack:
        try:
            recycler = stack.enter_context(
                Recycler(POSTGRES, lambda url: run_apart(asyncio.to_thread(_with_demo, url)))
            )
        except (OSError, asyncpg.PostgresError) as failure:
            missing(f"no PostgreSQL at {POSTGRES}: {failure}")
        yield recycler


@pytest.fixture
def postgres_url(_postgres_databases):
    name = _postgres_databases.lend()
    yield _postgres_databases.url(name)
    _postgres_databases.take_back(name)


@pytest.fixture
def store(postgres_url, monkeypatch):
    """The test's database as the benchmarks name one."""
    parts = urlsplit(postgres_url)
    monkeypatch.setenv("PGHOST", parts.hostname)
    monkeypatch.setenv("PGPORT", str(parts.port or 5432))
    monkeypatch.setenv("PGUSER", parts.username)
    if parts.password:
        monkeypatch.setenv("PGPASSWORD", parts.password)
    return Postgres(parts.path.lstrip("/"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    """Both databases, one after the other."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")


@pytest.fixture
def redis_url():
    """A Redis database of the test's own, emptied afterwards; where all are taken, the first that is given back."""
    deadline = time.monotonic() + 60
    while (number := _own_redis()) is None:
        if time.monotonic() > deadline:
            missing(f"no free database in the Redis at {REDIS}")
        time.sleep(0.05)
    yield f"{REDIS.rstrip('/')}/{number}"
    with redis.Redis.from_url(REDIS, db=number) as client:
        client.flushdb()


def _own_redis():
    """The number of a database that is ours from now on, if one is free; for ten minutes, if the run is cut off."""
    for number in range(1, 16):
        with redis.Redis.from_url(REDIS, db=number) as client:
            try:
                if client.set("cierre-test-owner", os.getpid(), nx=True, ex=600):
                    return number
            except redis.ConnectionError as failure:
                missing(f"no Redis at {REDIS}: {failure}")
    return None


# --- the service


@pytest.fixture
def make_settings(data_dir):
    """Settings for a test: limits off, answers checked against the contract; `make_settings(url, access_ttl=1000)`."""

    def make(database_url, **changes):
        given = {
            "database_url": database_url,
            "data_dir": data_dir,
            "issuer": "http://cierre.test",
            "rate_limit": "off",
            "password_memory": CHEAP["memory"],
            "password_passes": CHEAP["passes"],
            "validate_responses": True,
        }
        limits = {one.name: changes.pop(one.name) for one in fields(DatabaseLimits) if one.name in changes}
        return Settings(**given | changes, database=DatabaseLimits(**limits))

    return make


@pytest.fixture
async def start_service(make_settings):
    """`await start_service(url, **settings)`: the service in this process; several on one database are its nodes."""
    async with AsyncExitStack() as stack:

        async def start(database_url, **changes):
            return await stack.enter_async_context(run_service(make_settings(database_url, **changes)))

        yield start


@pytest.fixture
async def service(start_service, database_url):
    """The service in this process, on either database, with the demo's users."""
    return await start_service(database_url)


@pytest.fixture
def serve(tmp_path, data_dir):
    """`serve(url, "--option", …)`: a real `cierre serve` process on a free port."""
    nodes = Nodes(tmp_path, data_dir)
    yield nodes
    nodes.end()


def _demo_server(directory, keys, template):
    nodes = Nodes(directory, shutil.copytree(keys, directory / "data"))
    database = shutil.copy(template, directory / "cierre.db")
    yield nodes(f"sqlite:///{database}", "--demo", "--validate-responses", issuer="http://localhost:3000")
    nodes.end()


@pytest.fixture(scope="session")
def real(tmp_path_factory, _data_dirs, _sqlite_template):
    """One `cierre serve --demo` process on SQLite for all tests that only need some real server."""
    yield from _demo_server(tmp_path_factory.mktemp("real"), _data_dirs("ES256"), _sqlite_template)


@pytest.fixture(scope="module")
def own_real(tmp_path_factory, _data_dirs, _sqlite_template):
    """The same for one module alone: where others close all sessions of a user, Laravel's tokens are gone."""
    yield from _demo_server(tmp_path_factory.mktemp("own"), _data_dirs("ES256"), _sqlite_template)
