"""A reader's terminal: commands in one shell, in order; a server that one of them starts has a terminal of its own."""

import contextlib
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.support.commands import clean_environment
from tests.support.paths import ROOT
from tests.support.running import free_port

# The ports that pages name, and who listens there by default.
PORTS = {"serve": "3000", "mock": "4010", "proxy": "4011"}
_SERVER = re.compile(r"^cierre (?P<kind>serve|mock|proxy)\b(?!.*--(?:webhook|explain))(?P<rest>.*)$", re.DOTALL)
# What differs from run to run.
_OWN = (
    (re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+"), "<token>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "<time>"),
    (re.compile(r"\b\d\d:\d\d:\d\d\b"), "<time>"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"\b[0-9a-f]{24,64}\b"), "<id>"),
    (re.compile(r"\b\d+(\.\d+)? ?m?s\b"), "<duration>"),
    (re.compile(r"\x1b\[\d*(;\d+)*m"), ""),
    (re.compile(r"\s+"), ""),
)


def plain(text):
    """Without what differs from run to run: times, ids, tokens, colours, and where lines are wrapped."""
    for pattern, instead in _OWN:
        text = pattern.sub(instead, text)
    return text


def is_shown(shown, printed, *, among_others=False):
    """Whether a page shows what was printed; `…` stands for anything. `among_others`: it may be a part of it."""
    pattern = ".*?".join(re.escape(part) for part in plain(shown).split("…"))
    match = re.search if among_others else re.fullmatch
    return match(pattern, plain(printed), re.DOTALL) is not None


class Terminal:
    """`replaced`: what a reader has instead of a page's examples, such as the address of a database."""

    def __init__(self, folder: Path, replaced: dict[str, str]) -> None:
        self.folder = folder / "here"
        self.folder.mkdir()
        self._logs = folder / "logs"
        self._logs.mkdir()
        self._replaced = replaced
        self._ports = {port: str(free_port()) for port in PORTS.values()}
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        home = Path.home()
        self._environment = {
            **clean_environment(),
            "PATH": path,
            "HOME": str(folder),
            "NO_COLOR": "1",
            # npm goes on with what this machine has and is told.
            "npm_config_cache": str(home / ".npm"),
            "npm_config_prefer_offline": "true",
            "npm_config_userconfig": str(home / ".npmrc"),
        }
        self._servers = {}
        self._count = 0
        self._shell = subprocess.Popen(
            ["bash"], stdin=subprocess.PIPE, cwd=self.folder, env=self._environment, start_new_session=True
        )

    def write(self, name, text):
        """A file that the page has its reader write."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self._own(text), encoding="utf-8")

    def run(self, text, *, shown="", ends_with=0, patience=120.0):
        """Returns what it printed; for a server that listens, once `shown` is a part of it, or after ten seconds."""
        command = self._own(_made(text) if text.startswith("make ") else text)
        if server := _SERVER.match(command):
            log = self._serve(server)
            # A server may listen before it has printed all that it tells at its start.
            deadline = time.monotonic() + 10
            while not is_shown(shown, printed := self._as_shown(log.read_text(encoding="utf-8")), among_others=True):
                if time.monotonic() > deadline:
                    break
                time.sleep(0.05)
            return printed
        return self._as_shown(self._call(command, ends_with, patience))

    def end(self):
        for server in self._servers.values():
            _end(server)
        _end(self._shell)
        self._shell.stdin.close()

    def _as_shown(self, printed):
        for shown, own in (*self._ports.items(), *self._replaced.items()):
            printed = printed.replace(own, shown)
        return printed

    def _own(self, text):
        for shown, own in (*self._ports.items(), *self._replaced.items()):
            text = re.sub(rf"{re.escape(shown)}\b", lambda _, own=own: own, text)
        return text

    def _call(self, command, ends_with, patience):
        self._count += 1
        script, printed, code = (self._logs / f"{self._count}.{kind}" for kind in ("sh", "out", "code"))
        script.write_text(f"{command}\n", encoding="utf-8")
        words = [shlex.quote(str(path)) for path in (script, printed, code)]
        line = "source {0} > {1} 2>&1 < /dev/null; echo $? > {2}.part; mv {2}.part {2}\n".format(*words)
        self._shell.stdin.write(line.encode())
        self._shell.stdin.flush()
        deadline = time.monotonic() + patience
        while not code.exists():
            assert self._shell.poll() is None, f"{command}\nended the shell: {printed.read_text()}"
            assert time.monotonic() < deadline, f"{command}\nhas not ended after {patience} s: {printed.read_text()}"
            time.sleep(0.02)
        text = printed.read_text(encoding="utf-8")
        assert int(code.read_text()) == ends_with, f"{command}\nended with {code.read_text()}{text}"
        return text

    def _serve(self, server, patience=120.0):
        kind = server["kind"]
        # In the place of the one before, as after Ctrl-C.
        if before := self._servers.pop(kind, None):
            _end(before)
        port = self._ports[PORTS[kind]]
        words = shlex.split(server["rest"], comments=True)
        words = words[:-1] if words[-1:] == ["&"] else words
        self._count += 1
        log = self._logs / f"{self._count}.out"
        with log.open("wb") as written:
            command = ["cierre", kind, *words, *([] if "--port" in words else ["--port", port])]
            process = subprocess.Popen(
                command, cwd=self.folder, env=self._environment, stdout=written, stderr=written, start_new_session=True
            )
        self._servers[kind] = process
        deadline = time.monotonic() + patience
        while not _listens(int(port)):
            assert process.poll() is None, f"{command} ended with {process.returncode}:\n{log.read_text()}"
            assert time.monotonic() < deadline, f"{command} does not listen after {patience} s:\n{log.read_text()}"
            time.sleep(0.05)
        return log


def _made(text):
    """What `make TARGET` runs in the end, once everything is installed."""
    target = shlex.split(text, comments=True)[1]
    made = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    return made.stdout.strip().splitlines()[-1].removeprefix(".venv/bin/")


def _listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("localhost", port), timeout=1):
        return True
    return False


def _end(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
