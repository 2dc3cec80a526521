"""Logging in as the authentication file says, and holding the sessions that a run uses."""

from __future__ import annotations

import itertools
import json
import re
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests

from cierre.contract_tests.auth.file import Entry
from cierre.contract_tests.findings import CouldNotRun, Limited
from cierre.contract_tests.limit_fields import seconds
from cierre.contract_tests.masking import mask_text
from cierre.contract_tests.secrets import Secrets, jq_path, tokens_in, variable_name
from cierre.contract_tests.silence import Line
from cierre.oas.navigation import Json, find
from cierre.phrases import Phrase

# The phase of a login, wherever in a run it happens.
LOGIN = "login"
# Logins that are tried where the server says that there were too many.
ATTEMPTS = 3
# Seconds until a login is tried again, at the most.
LONGEST_WAIT = 30


@dataclass(frozen=True)
class Login:
    """One login: the token, and the whole answer."""

    token: str
    answer: Any


@dataclass
class Logins:
    """The sessions of a run: one for each entry and worker, until an answer may have ended it.

    Attributes:
        line: to the server.
        secrets: gets every token that a login answers with.
        shared: whether there is one worker.
    """

    line: Line
    secrets: Secrets = field(default_factory=Secrets)
    shared: bool = True
    _of_all: dict[Entry, Login] = field(default_factory=dict)
    _of_worker: threading.local = field(default_factory=threading.local)
    _bodies: dict[Entry, itertools.cycle[Json]] = field(default_factory=dict)

    @property
    def _held(self) -> dict[Entry, Login]:
        """The sessions of all, or of this worker: what one ends, another need not notice."""
        if self.shared:
            return self._of_all
        held: dict[Entry, Login] = self._of_worker.__dict__.setdefault("held", {})
        return held

    def current(self, entry: Entry) -> Login:
        """The session of `entry`; logs in where there is none.

        Raises:
            CouldNotRun: the server is not there, or refuses the login.
            Limited: the server takes no logins for longer than `LONGEST_WAIT` seconds.
        """
        if entry not in self._held:
            bodies = self._bodies.setdefault(entry, itertools.cycle(entry.bodies))
            self._held[entry] = self._log_in(entry, next(bodies))
        return self._held[entry]

    def expire(self, tokens: list[str]) -> None:
        """Drop the sessions with one of `tokens`, of entries that want a fresh one."""
        for entry, login in list(self._held.items()):
            if entry.fresh:
                answer = json.dumps(login.answer)
                if any(token in answer for token in tokens):
                    del self._held[entry]

    def begin(self) -> None:
        """A phase begins: what workers of the last one did may have ended sessions that this thread holds."""
        if not self.shared:
            self._held.clear()

    def renew(self, entry: Entry) -> bool:
        """Log in anew. Returns whether that went well; the session before stays where it did not."""
        held = self._held.pop(entry, None)
        try:
            self.current(entry)
        except CouldNotRun:
            if held is not None:
                self._held[entry] = held
            return False
        return True

    def drop(self, entry: Entry) -> None:
        """Drop the session of `entry`, whatever became of it."""
        self._held.pop(entry, None)

    def _log_in(self, entry: Entry, body: Json) -> Login:
        url = self.line.url.rstrip("/") + str(entry.path)
        answer = _post(self.line, url, body, f"POST {entry.path}", form=entry.form)
        try:
            content = answer.json()
            token = str(find(content, *entry.token.strip("/").split("/")) or "")
        except ValueError:
            content, token = None, ""
        if answer.status_code >= 300 or not token:
            self.secrets.learn(answer.headers.items(), answer.content)
            raise CouldNotRun(
                Phrase(
                    "no login at {url}: {reason}",
                    url=url,
                    reason=f"{answer.status_code} {mask_text(answer.text, self.secrets)[:200]}",
                )
            )
        self._remember(url, entry, body, content, token)
        self.secrets.learn(answer.headers.items(), answer.content)
        return Login(token, content)

    def _remember(self, url: str, entry: Entry, body: Json, content: Any, token: str) -> None:
        """Hide the tokens of a login, and keep the shell lines that log in again."""
        steps = entry.token.strip("/").split("/")
        found = dict(tokens_in(content))
        if token not in {value for _, value in found.values()}:
            # Whatever it is called: it is what the run logs in for.
            found[variable_name(re.sub(r"\W", "_", steps[-1])) or "TOKEN"] = (jq_path(steps), token)
        sent, secrets = urlencode(body) if entry.form else json.dumps(body), self.secrets
        kind = "" if entry.form else "-H 'Content-Type: application/json' "
        lines = [*secrets.preparation(sent)]
        lines += [f"LOGIN=$(curl -s {url} {kind}-d {secrets.quote(sent)})"]
        lines += [f"{name}=$(echo \"$LOGIN\" | jq -r '{path}')" for name, (path, _) in found.items()]
        secrets.add({name: value for name, (_, value) in found.items()}, "\n".join(lines))


def _post(line: Line, url: str, body: Json, operation: str, *, form: bool = False) -> requests.Response:
    content = {"data": urlencode(body)} if form else {"json": body}
    headers = {**line.headers, **({"Content-Type": "application/x-www-form-urlencoded"} if form else {})}
    for _ in range(ATTEMPTS):
        try:
            answer = line.post(url, operation=operation, phase=LOGIN, headers=headers, **content)
        except requests.RequestException as problem:
            raise CouldNotRun(Phrase("no login at {url}: {reason}", url=url, reason=problem)) from problem
        if answer is None:
            raise CouldNotRun(Phrase("no login at {url}: there was no answer, twice", url=url))
        if answer.status_code != 429:
            return answer
        asked = seconds(answer.headers.get("Retry-After", "1"))
        wait = 1.0 if asked is None else max(0.0, asked)
        if wait > LONGEST_WAIT:
            raise Limited(Phrase("{url} takes no login for {wait:.0f} s", url=url, wait=wait))
        time.sleep(wait)
    raise Limited(Phrase("{url} took no login in {count} attempts", url=url, count=ATTEMPTS))
