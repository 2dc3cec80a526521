"""Django REST framework with either of its two widely used token packages, behind gunicorn."""

import json
import os
import subprocess
from typing import ClassVar

from benchmarks import scratch
from benchmarks.load import Request
from benchmarks.peers.base import Peer, Ticket
from benchmarks.processes import Command

FOLDER = scratch.PEERS / "drf"


class _Drf(Peer):
    """Both peers share a project; `PEER` says which package it installs."""

    def prepare(self) -> None:
        self._manage("migrate", "--run-syncdb", "-v0")

    def command(self, port: int, workers: int) -> Command:
        # Threads, because the request waits for PostgreSQL; kept-alive connections need them as well.
        words = [str(scratch.VENV / "bin" / "gunicorn"), "wsgi:application", "-b", f"127.0.0.1:{port}"]
        words += ["--workers", str(workers), "--worker-class", "gthread", "--threads", "4", "--keep-alive", "60"]
        return Command(words, self._environment, FOLDER)

    def mint(self, count: int) -> list[Ticket]:
        return [self.ticket(*json.loads(line)) for line in self._manage("mint", str(count)).splitlines()]

    def ticket(self, *secrets: str) -> Ticket:
        raise NotImplementedError

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "PEER": self.name,
            "DATABASE": self.store.url.rpartition("/")[2],
            "DJANGO_SETTINGS_MODULE": "settings",
            "PYTHONPATH": str(FOLDER),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def _manage(self, *words: str) -> str:
        command = [str(scratch.VENV / "bin" / "python"), "-m", "django", *words]
        done = subprocess.run(
            command, env={**os.environ, **self._environment}, cwd=FOLDER, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-1500:])
        return done.stdout


class Knox(_Drf):
    """django-rest-knox: opaque tokens, one row each; logout deletes the row."""

    name: ClassVar[str] = "knox"
    label: ClassVar[str] = "django-rest-knox"

    def ticket(self, *secrets: str) -> Ticket:
        bearer = {"Authorization": f"Token {secrets[0]}"}
        return Ticket(Request("POST", "/logout", bearer), Request("GET", "/me", bearer))


class SimpleJwt(_Drf):
    """djangorestframework-simplejwt: logout puts the refresh token on the blacklist."""

    name: ClassVar[str] = "simplejwt"
    label: ClassVar[str] = "djangorestframework-simplejwt"

    def ticket(self, *secrets: str) -> Ticket:
        access, refresh = secrets
        bearer = {"Authorization": f"Bearer {access}"}
        body = json.dumps({"refresh": refresh})
        closing = Request("POST", "/logout", {**bearer, "Content-Type": "application/json"}, body)
        return Ticket(closing, Request("GET", "/me", bearer))
