"""A standby that lags still has the session open: it is never asked."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path

import asyncpg
import pytest

from benchmarks import cluster, machine, scratch
from benchmarks.processes import free_port
from cierre.errors import ServiceUnavailable
from cierre.storage.database import open_url
from tests.conftest import _with_demo, missing
from tests.support.running import run_apart

PATIENCE = 60


@pytest.fixture
def pair(monkeypatch, tmp_path):
    """`(primary, standby)`: two servers on ports of their own, the second one a copy that follows the first."""
    if shutil.which("pg_config") is None:
        missing("PostgreSQL's server is not installed")
    monkeypatch.setattr(scratch, "LOGS", tmp_path)
    for name, value in {"PGHOST": "127.0.0.1", "PGPORT": "5432", "PGUSER": "postgres"}.items():
        # Set, so that what the cluster puts there is taken back.
        monkeypatch.setenv(name, value)
    with ExitStack() as stack:
        stack.enter_context(cluster.running())
        primary = int(os.environ["PGPORT"])
        standby = stack.enter_context(following(primary, tmp_path / "standby.log"))
        yield [f"postgresql://postgres@127.0.0.1:{port}/postgres" for port in (primary, standby)]


@contextmanager
def following(primary, log):
    """The port of a standby of the server on the other port."""
    binaries = Path(cluster._output("pg_config", "--bindir"))
    with tempfile.TemporaryDirectory(prefix="cierre-standby-") as folder, log.open("wb") as lines:
        data, port = Path(folder) / "data", free_port()
        data.mkdir()
        cluster._hand_over(Path(folder), data)
        data.chmod(0o700)
        copy = [binaries / "pg_basebackup", "-h", "127.0.0.1", "-p", str(primary), "-U", "postgres", "-D", data]
        subprocess.run([*cluster._as_user(), *copy, "-R", "-c", "fast"], check=True, stdout=lines, stderr=lines)
        words = [f"-cport={port}", "-clisten_addresses=127.0.0.1", f"-cunix_socket_directories={data}"]
        command = [*cluster._as_user(), str(binaries / "postgres"), "-D", str(data), *words, "-cmax_connections=400"]
        process = subprocess.Popen(machine.pinned(machine.LOAD_CORES, command), stdout=lines, stderr=lines)
        try:
            run_apart(until_it_answers(port, process, log))
            yield port
        finally:
            # Fast: it doesn't wait for who is connected.
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)


async def until_it_answers(port, process, log):
    async with asyncio.timeout(PATIENCE):
        while True:
            assert process.poll() is None, log.read_text()
            try:
                connection = await asyncpg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres")
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.1)
            else:
                await connection.close()
                return


async def test_a_standby_that_lags_is_never_asked(pair, start_service):
    primary, standby = pair
    await asyncio.to_thread(_with_demo, primary)
    hosts = [url.partition("@")[2].partition("/")[0] for url in (standby, primary)]
    service = await start_service(f"postgresql://postgres@{','.join(hosts)}/postgres")
    (session,) = await service.mint()
    still_open = "SELECT closed_at IS NULL FROM sessions WHERE id = $1"
    connection = await asyncpg.connect(standby)
    async with asyncio.timeout(PATIENCE):
        while not await connection.fetchval(still_open, session.session_id):  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.05)
    await connection.execute("SELECT pg_wal_replay_pause()")

    assert (await service.logout(session.access)).status_code == 200
    service.services.denylist._sessions.clear()

    assert await connection.fetchval(still_open, session.session_id), "the standby knows nothing of it"
    assert (await service.sessions(session.access)).status_code == 401
    assert (await service.logout(session.access)).status_code == 404
    with pytest.raises(ServiceUnavailable):
        await open_url(standby).open()
    await connection.close()
