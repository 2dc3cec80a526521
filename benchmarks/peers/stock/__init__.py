"""What a team would write in an afternoon: stock Connexion, SQLAlchemy's async ORM, the same work as ours."""

import hashlib
import secrets
import subprocess
import time
from functools import cache
from pathlib import Path
from typing import ClassVar

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from benchmarks import scratch
from benchmarks.load import Request
from benchmarks.peers.base import USERS, Peer, Ticket
from benchmarks.processes import Command

FOLDER = scratch.PEERS / "stock"
PUBLIC_KEY = scratch.SCRATCH / "stock-public-key.pem"
LIFETIME_S = 86_400


class Stock(Peer):
    """A stock Connexion AsyncApp behind uvicorn, with uvloop and httptools."""

    name: ClassVar[str] = "stock"
    label: ClassVar[str] = "stock Connexion, SQLAlchemy async ORM"
    program: ClassVar[str] = "app:app"

    def prepare(self) -> None:
        _key()
        python, url = scratch.VENV / "bin" / "python", self._driver("psycopg", "pysqlite")
        subprocess.run([python, FOLDER / "store.py", url], check=True, capture_output=True)
        self.store.load("users", ["id", "email"], [[_user(n), f"user{n}@example.com"] for n in range(USERS)])

    def command(self, port: int, workers: int) -> Command:
        words = [str(scratch.VENV / "bin" / "uvicorn"), self.program, "--port", str(port), "--no-access-log"]
        words += ["--workers", str(workers), "--loop", "uvloop", "--http", "httptools", "--log-level", "warning"]
        environment = {
            "STORE_URL": self._driver("asyncpg", "aiosqlite"),
            "PUBLIC_KEY": str(PUBLIC_KEY),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return Command(words, environment, FOLDER)

    def mint(self, count: int) -> list[Ticket]:
        made = [(secrets.token_hex(12), _user(n % USERS)) for n in range(count)]
        columns = ["id", "user_id", "device_id", "created_at"]
        now = "2026-01-01 00:00:00+00:00" if "postgresql" in self.store.url else "2026-01-01 00:00:00.000000"
        self.store.load("sessions", columns, [[sid, user, f"device-{sid}", now] for sid, user in made])
        hashes = [[hashlib.sha256(sid.encode()).hexdigest(), sid] for sid, _ in made]
        self.store.load("refresh_tokens", ["hash", "session_id"], hashes)
        return [_ticket(_sign(sid, user)) for sid, user in made]

    def _driver(self, postgresql: str, sqlite: str) -> str:
        return self.store.url.replace("postgresql:", f"postgresql+{postgresql}:").replace(
            "sqlite:", f"sqlite+{sqlite}:"
        )


class Lean(Stock):
    """The same store behind bare Starlette."""

    name: ClassVar[str] = "lean"
    label: ClassVar[str] = "Starlette, SQLAlchemy async ORM"
    program: ClassVar[str] = "lean:app"


def _user(number: int) -> str:
    return f"{number:024x}"


@cache
def _key() -> rsa.RSAPrivateKey:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    Path(PUBLIC_KEY).write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, form))
    return key


def _sign(sid: str, user: str) -> str:
    now = int(time.time())
    claims = {"iss": "bench", "aud": "bench", "sub": user, "sid": sid, "jti": sid, "iat": now, "exp": now + LIFETIME_S}
    return jwt.encode(claims, _key(), algorithm="RS256")


def _ticket(token: str) -> Ticket:
    bearer = {"Authorization": f"Bearer {token}"}
    closing = Request("POST", "/api/v1/auth/logout", {**bearer, "Content-Type": "application/json"}, "{}")
    return Ticket(closing, Request("GET", "/me", bearer))
