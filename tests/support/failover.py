"""A PostgreSQL primary with a synchronous standby, made anew from the installed programs, on two ports of their own."""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import asyncpg

from benchmarks import cluster
from benchmarks.processes import free_port, tree
from tests.support.running import run_apart

PATIENCE = 60
# A commit is answered when the standby has it on disk and shows it.
SYNCHRONOUS = "remote_apply"


class Pair:
    """Two ports: on one the primary, on the other its standby, which takes over; the next standby takes the free port.

    Args:
        folder: an empty one that PostgreSQL's user may enter.
        synchronous: whether the primary waits for its standby before it answers a commit.
    """

    def __init__(self, folder: Path, *, synchronous: bool = True) -> None:
        self._synchronous = synchronous
        self._folder = folder
        self._binaries = Path(cluster._output("pg_config", "--bindir"))
        self._processes = {}
        self._made = 0
        self.primary, self.standby = free_port(), free_port()
        cluster._hand_over(folder)

    @property
    def service_url(self) -> str:
        return (
            f"postgresql://postgres@127.0.0.1:{self.primary},127.0.0.1:{self.standby}/postgres"
            "?target_session_attrs=read-write"
        )

    def url(self, port: int) -> str:
        return f"postgresql://postgres@127.0.0.1:{port}/postgres"

    def start_primary(self) -> None:
        data = self._new_data()
        self._run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync")
        self._start(self.primary, data)

    def add_standby(self) -> None:
        """A copy of the primary, followed; from now on a synchronous primary answers no commit that it lacks."""
        data = self._new_data()
        source = ["-h", "127.0.0.1", "-p", str(self.primary), "-U", "postgres"]
        self._run("pg_basebackup", *source, "-D", data, "-R", "-c", "fast", "--no-sync")
        self._start(self.standby, data)
        run_apart(self._until_it_follows())

    def kill_primary(self) -> None:
        """kill -9, of all of its processes."""
        self.kill(self.primary)

    def kill(self, port: int) -> None:
        process = self._processes.pop(port)
        for pid in tree(process.pid):
            os.kill(pid, signal.SIGKILL)
        process.wait(PATIENCE)
        # Twenty of them would fill the disk.
        shutil.rmtree(process.args[process.args.index("-D") + 1])

    def silence_primary(self) -> None:
        """As when its machine vanishes: connections stay, none is refused, and nothing is answered any more."""
        for pid in tree(self._processes[self.primary].pid):
            os.kill(pid, signal.SIGSTOP)

    async def cut_off_standby(self) -> None:
        """From now on the standby gets nothing more of what the primary commits."""
        connection = await asyncpg.connect(self.url(self.standby))
        await connection.execute("ALTER SYSTEM SET primary_conninfo = ''")
        await connection.execute("SELECT pg_reload_conf()")
        async with asyncio.timeout(PATIENCE):
            while await connection.fetchval("SELECT count(*) FROM pg_stat_wal_receiver"):  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.05)
        await connection.close()

    async def promote(self) -> float:
        """Make the standby the primary. Returns the seconds that it took."""
        began = time.perf_counter()
        connection = await asyncpg.connect(self.url(self.standby))
        assert await connection.fetchval("SELECT pg_promote(true, 60)")
        await connection.close()
        self.primary, self.standby = self.standby, self.primary
        return time.perf_counter() - began

    def end(self) -> None:
        for process in self._processes.values():
            process.send_signal(signal.SIGINT)  # fast: it doesn't wait for who is connected
        for process in self._processes.values():
            process.wait(PATIENCE)

    def _new_data(self) -> Path:
        self._made += 1
        data = self._folder / f"data-{self._made}"
        data.mkdir(mode=0o700)
        cluster._hand_over(data)
        return data

    def _run(self, program: str, *words: object) -> None:
        command = [*cluster._as_user(), self._binaries / program, *words]
        subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL)

    def _start(self, port: int, data: Path) -> None:
        settings = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "synchronous_commit": SYNCHRONOUS,
            "wal_receiver_status_interval": "1s",
        }
        words = [f"-c{name}={value}" for name, value in settings.items()]
        command = [*cluster._as_user(), str(self._binaries / "postgres"), "-D", str(data), *words]
        log = self._folder / f"server-{self._made}.log"
        with log.open("wb") as lines:
            process = self._processes[port] = subprocess.Popen(command, cwd="/", stdout=lines, stderr=lines)
        run_apart(self._until_it_answers(port, process, log))

    async def _until_it_answers(self, port, process, log) -> None:
        async with asyncio.timeout(PATIENCE):
            while True:
                assert process.poll() is None, log.read_text()
                try:
                    connection = await asyncpg.connect(self.url(port))
                except (OSError, asyncpg.PostgresError):
                    await asyncio.sleep(0.05)
                else:
                    await connection.close()
                    return

    async def _until_it_follows(self) -> None:
        connection = await asyncpg.connect(self.url(self.primary))
        state = "async"
        if self._synchronous:
            state = "sync"
            # Of the primary alone: the standby has been copied before, and waits for nobody when it takes over.
            await connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            await connection.execute("SELECT pg_reload_conf()")
        async with asyncio.timeout(PATIENCE):
            while await connection.fetchval("SELECT sync_state FROM pg_stat_replication") != state:  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.05)
        await connection.close()
