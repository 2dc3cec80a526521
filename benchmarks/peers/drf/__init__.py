"""Django REST framework with either of its two widely used token packages, behind gunicorn."""

import json
import os
import subprocess
import weakref
from functools import cached_property
from typing import ClassVar

from benchmarks import scratch
from benchmarks.load import Request
from benchmarks.peers.base import Peer, Ticket
from benchmarks.processes import Command

FOLDER = scratch.PEERS / "drf"
DJANGO = [str(scratch.VENV / "bin" / "python"), "-m", "django"]


class Drf(Peer):
    """Both peers share a project; `PEER` says which package it installs."""

    def prepare(self) -> None:
        self.manage("migrate", "--run-syncdb", "-v0")

    def command(self, port: int, workers: int) -> Command:
        # Threads, because the request waits for PostgreSQL; kept-alive connections need them as well.
        words = [str(scratch.VENV / "bin" / "gunicorn"), "wsgi:application", "-b", f"127.0.0.1:{port}"]
        words += ["--workers", str(workers), "--worker-class", "gthread", "--threads", "4", "--keep-alive", "60"]
        return Command(words, self._environment, FOLDER)

    def mint(self, count: int) -> list[Ticket]:
        return [self.ticket(*one) for one in self.open_sessions(count)]

    def open_sessions(self, count: int, *, each: int = 0) -> list[list[str]]:
        """The secrets of so many new sessions: of the users in turn, or so many each of new users."""
        orders, answers = self._minting.stdin, self._minting.stdout
        assert orders is not None
        assert answers is not None
        orders.write(f"{count} {each}\n")
        orders.flush()
        lines = list(iter(answers.readline, "\n"))
        if len(lines) != count:
            raise RuntimeError(f"{len(lines)} of {count} sessions: {lines[-1:]}")
        return [json.loads(line) for line in lines]

    @cached_property
    def _minting(self) -> subprocess.Popen[str]:
        """Django's start would take longer than what it is to do; it ends with its standard input."""
        process = subprocess.Popen(
            [*DJANGO, "mint"],
            env={**os.environ, **self._environment},
            cwd=FOLDER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        weakref.finalize(self, _end, process)
        return process

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

    def manage(self, *words: str) -> str:
        done = subprocess.run(
            [*DJANGO, *words],
            env={**os.environ, **self._environment},
            cwd=FOLDER,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-1500:])
        return done.stdout


def _end(minting: subprocess.Popen[str]) -> None:
    minting.communicate()


class Knox(Drf):
    """django-rest-knox: opaque tokens, one row each; logout deletes the row."""

    name: ClassVar[str] = "knox"
    label: ClassVar[str] = "django-rest-knox"

    def ticket(self, *secrets: str) -> Ticket:
        bearer = {"Authorization": f"Token {secrets[0]}"}
        return Ticket(Request("POST", "/logout", bearer), Request("GET", "/me", bearer))


class SimpleJwt(Drf):
    """djangorestframework-simplejwt: logout puts the refresh token on the blacklist."""

    name: ClassVar[str] = "simplejwt"
    label: ClassVar[str] = "djangorestframework-simplejwt"

    def ticket(self, *secrets: str) -> Ticket:
        access, refresh = secrets
        bearer = {"Authorization": f"Bearer {access}"}
        body = json.dumps({"refresh": refresh})
        closing = Request("POST", "/logout", {**bearer, "Content-Type": "application/json"}, body)
        return Ticket(closing, Request("GET", "/me", bearer))
