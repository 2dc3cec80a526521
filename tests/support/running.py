"""Running the service for tests: in process, or as real `cierre serve` processes; and sessions by the thousand."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from cierre.cli import demo_data
from cierre.clock import now_ms
from cierre.principal import Principal
from cierre.services import Services, build
from cierre.settings import Settings
from cierre.storage.repositories import refresh_tokens, sessions, users
from cierre.tokens.opaque import digest, family_of, new_id, new_refresh_token

USER, SUPERVISOR, ADMIN = (row[0] for row in demo_data.USERS)
EMAIL = {row[0]: row[1] for row in demo_data.USERS}
LOGOUT = "/api/v1/auth/logout"


def run_apart(coroutine):
    """Run a coroutine to its end in a thread of its own, whatever loop this thread has."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def with_files(command, files):
    """The command with so many open files at the most; None: as many as this process."""
    return command if files is None else ["bash", "-c", f'ulimit -n {files}; exec "$@"', "-", *command]


def bearer(token, **more):
    return {"Authorization": f"Bearer {token}", **more}


@contextlib.asynccontextmanager
async def lifespan(app):
    """Run an ASGI application's lifespan around the block, as a server would."""
    inbox, outbox = asyncio.Queue(), asyncio.Queue()
    running = asyncio.create_task(app({"type": "lifespan", "asgi": {"version": "3.0"}}, inbox.get, outbox.put))

    async def expect(kind):
        message_task = asyncio.create_task(outbox.get())
        await asyncio.wait({message_task, running}, return_when=asyncio.FIRST_COMPLETED)
        if not message_task.done():
            message_task.cancel()
            await running
            raise AssertionError("the lifespan ended without a word")
        message = message_task.result()
        assert message["type"] == kind, message
        return message

    await inbox.put({"type": "lifespan.startup"})
    await expect("lifespan.startup.complete")
    try:
        yield
    finally:
        await inbox.put({"type": "lifespan.shutdown"})
        await expect("lifespan.shutdown.complete")
        await running


class Service:
    """The service in this process: `client` speaks to it without a socket; `services` is its inside."""

    def __init__(self, services: Services, client: httpx.AsyncClient) -> None:
        self.services = services
        self.client = client

    async def login(self, user_id=USER, **more):
        """A login's `data`: accessToken, refreshToken, sessionId, user …"""
        body = {"username": EMAIL[user_id], "password": demo_data.PASSWORD, **more}
        answer = await self.client.post("/api/v1/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def logout(self, token, body=None, **headers):
        return await self.client.post(LOGOUT, json=body, headers=bearer(token, **headers))

    async def sessions(self, token):
        """GET /api/v1/auth/sessions: the cheapest way to see whether a token is good."""
        return await self.client.get("/api/v1/auth/sessions", headers=bearer(token))

    async def rows(self, sql, **values):
        """Rows of any SELECT, on either database; parameters are `:name`."""
        return await select(self.services.database, sql, **values)

    async def audit(self, **where):
        """Audit rows of sessions, as the contract's operation lists them; oldest first."""
        clause = " AND ".join(["logout_type IS NOT NULL", *(f"{name} = :{name}" for name in where)])
        return await self.rows(f"SELECT * FROM audit_events WHERE {clause} ORDER BY seq", **where)

    async def trail(self, **where):
        """All other audit rows, oldest first; refusals that are counted so far are written before."""
        await self.services.refusals.write(everything=True)
        clause = " AND ".join(["logout_type IS NULL", *(f"{name} = :{name}" for name in where)])
        return await self.rows(f"SELECT * FROM audit_events WHERE {clause} ORDER BY seq", **where)

    async def mint(self, count=1, user_id=USER, **more):
        return await mint(self.services, count, user_id, **more)


async def select(database, sql, **values):
    """Rows (dicts) of a SELECT with `:name` parameters."""
    from sqlalchemy import text

    from cierre.storage.statements import Statement

    async with database.connect() as tx:
        return [dict(row) for row in await tx.rows(Statement(text(sql)), **values)]


@contextlib.asynccontextmanager
async def running(settings: Settings, *, client_address=("127.0.0.1", 40000)):
    """The service in process, started and stopped around the block."""
    from cierre.app import assemble  # Connexion takes its time to import

    services = build(settings)
    app = assemble(services)
    async with lifespan(app):
        transport = httpx.ASGITransport(app=app, client=client_address, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url=settings.issuer, timeout=30) as client:
            yield Service(services, client)


class Minted:
    """A session made without a login: `access`, `refresh`, `session_id`, `user_id`."""

    def __init__(self, access, refresh, session_id, user_id):
        self.access = access
        self.refresh = refresh
        self.session_id = session_id
        self.user_id = user_id


async def mint(services: Services, count=1, user_id=USER, *, device_id=None, client_id="cierre", age=0):
    """Open sessions straight in the database, by the hundred: a login costs a password's hash each.

    `age`: how long ago they were made and last used, in milliseconds.
    """
    made = []
    settings = services.settings
    async with services.database.connect() as tx:
        tx.now = now_ms() - age
        async with tx.atomic():
            user = await users.by_id(tx, user_id)
            for number in range(count):
                principal = Principal(user_id, new_id(), user["role"], client_id, device_id or f"minted-{number}")
                await sessions.add(
                    tx,
                    user_id=user_id,
                    session_id=principal.session_id,
                    epoch=user["epoch"],
                    device_id=principal.device_id,
                    client_id=client_id,
                    expires_at=tx.now + settings.session_ttl,
                    ip_address="127.0.0.1",
                    user_agent="python-httpx/1.0",  # as the test's own client: nothing suspicious
                )
                refresh = new_refresh_token(user_id)
                await refresh_tokens.add(
                    tx,
                    token_hash=digest(refresh),
                    family=digest(family_of(refresh)),
                    user_id=user_id,
                    session_id=principal.session_id,
                    expires_at=tx.now + settings.refresh_ttl,
                )
                access = services.issuer.tokens.issue(principal, epoch=user["epoch"], at=tx.now)
                made.append(Minted(access, refresh, principal.session_id, user_id))
    return made


# What a password costs is not what most tests are about.
CHEAP_PASSWORDS = {"CIERRE_PASSWORD_MEMORY": "8", "CIERRE_PASSWORD_PASSES": "1"}


class Node:
    """A `cierre serve` process."""

    def __init__(
        self, command: list[str], port: int, log: Path, environment: dict[str, str], folder: Path | None = None
    ) -> None:
        self._command = command
        self._environment = environment
        self._folder = folder
        self._log = log
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.start()

    def start(self, *, wait=True):
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
            )
        if wait:
            try:
                self.wait_until_ready()
            except AssertionError:
                self.kill()
                raise

    def wait_until_ready(self, patience=120.0):
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"cierre serve ended with {self.process.returncode}:\n{self.log()}")
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/health/ready", timeout=2).status_code == 200:
                    return
            time.sleep(0.05)
        raise AssertionError(f"not ready after {patience} s:\n{self.log()}")

    def kill(self):
        """kill -9, and its workers with it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def pause(self):
        os.killpg(self.process.pid, signal.SIGSTOP)

    def resume(self):
        os.killpg(self.process.pid, signal.SIGCONT)

    def stop(self, patience=60.0):
        """Ask it to end (SIGTERM). Returns its exit code: -15, as uvicorn raises the signal again when all is done."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode

    def log(self):
        return self._log.read_text(errors="replace")


class Nodes:
    """Starts `cierre serve` processes; each test's are ended with it.

    All nodes of one test share a data directory (keys and secret), as the nodes of a cluster share theirs.
    """

    def __init__(self, directory: Path, data_dir: Path) -> None:
        self._directory = directory
        self.data_dir = data_dir
        self._started: list[Node] = []

    def __call__(
        self, database_url: str, *options: str, issuer="http://cierre.test", files=None, **environment: str
    ) -> Node:
        """Start one and wait until it is ready. `options` as on the command line; limits are off unless they say so.

        `issuer=None`: the address that it listens on. `files`: how many it may open.
        """
        port = free_port()
        command = [sys.executable, "-c", "from cierre.cli import main; main()", "serve"]
        command += ["--host", "127.0.0.1", "--port", str(port), "--database-url", database_url]
        command += ["--data-dir", str(self.data_dir), "--log-format", "json"]
        command += ["--issuer", issuer] if issuer else []
        if "--rate-limit" not in options:
            command += ["--rate-limit", "off"]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CIERRE_")}
        clean |= CHEAP_PASSWORDS
        log = self._directory / f"node-{len(self._started)}.log"
        node = Node(with_files([*command, *options], files), port, log, clean | environment)
        self._started.append(node)
        return node

    def end(self):
        for node in self._started:
            with contextlib.suppress(ProcessLookupError):
                node.resume()
            node.stop(5)


def login_over_http(node):
    """A login's `data` at a real node."""
    body = {"username": "usuario@ejemplo.com", "password": "cierre-demo"}
    return httpx.post(f"{node.url}/api/v1/auth/login", json=body).raise_for_status().json()["data"]
