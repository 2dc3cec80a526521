"""better-auth: sessions are rows, the cookie holds a signed token, sign-out deletes the row."""

import base64
import hashlib
import hmac
import json
import os
import secrets
import subprocess
from typing import ClassVar
from urllib.parse import quote

from benchmarks import scratch
from benchmarks.load import Request
from benchmarks.peers.base import USERS, Peer, Ticket
from benchmarks.processes import Command

SECRET = "only-for-the-benchmark-only-for-the-benchmark"
ORIGIN = "http://127.0.0.1"


class BetterAuth(Peer):
    """Its own HTTP server on Node, one process a worker."""

    name: ClassVar[str] = "better_auth"
    label: ClassVar[str] = "better-auth"

    def prepare(self) -> None:
        self.app = scratch.node_app(self.name)
        done = subprocess.run(
            ["node", self.app, "migrate"], env={**os.environ, **self._environment}, capture_output=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr.decode()[-1500:])
        self.store.execute(
            'INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", "updatedAt") '
            "SELECT 'user' || n, 'User', 'user' || n || '@example.com', true, now(), now() "
            f"FROM generate_series(0, {USERS - 1}) n"
        )

    def command(self, port: int, workers: int) -> Command:
        environment = {**self._environment, "PORT": str(port), "WORKERS": str(workers)}
        return Command(["node", str(self.app)], environment)

    def mint(self, count: int) -> list[Ticket]:
        tokens = [secrets.token_urlsafe(24) for _ in range(count)]
        self.insert(tokens, [f"user{n % USERS}" for n in range(count)])
        return [ticket_of(token) for token in tokens]

    def insert(self, tokens: list[str], owners: list[str], *, since: str = "now", until: str = "2099-01-01") -> None:
        """Put sessions with these tokens into the store, each of its owner; times are PostgreSQL's."""
        columns = ["id", "token", '"userId"', '"expiresAt"', '"createdAt"', '"updatedAt"', '"ipAddress"', '"userAgent"']
        fixed = [until, since, since, "127.0.0.1", "wrk"]
        owned = zip(tokens, owners, strict=True)
        rows = ([secrets.token_hex(16), token, owner, *fixed] for token, owner in owned)
        self.store.load("session", columns, rows)

    def accepts(self, status: int, body: bytes) -> bool:
        """Without a session it answers 200 and `null`."""
        return status < 400 and json.loads(body or b"null") is not None

    @property
    def _environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.store.url, "SECRET": SECRET, "NODE_ENV": "production"}


def ticket_of(token: str) -> Ticket:
    signature = base64.b64encode(hmac.digest(SECRET.encode(), token.encode(), hashlib.sha256)).decode()
    cookie = {"Cookie": f"better-auth.session_token={quote(f'{token}.{signature}', safe='')}", "Origin": ORIGIN}
    closing = Request("POST", "/api/auth/sign-out", {**cookie, "Content-Type": "application/json"}, "{}")
    return Ticket(closing, Request("GET", "/api/auth/get-session", cookie))
