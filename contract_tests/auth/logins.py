"""Logging in as the authentication file says, and holding the sessions that a run uses."""

from __future__ import annotations

import itertools
import json
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from cierre.contract_tests.auth.file import Entry
from cierre.contract_tests.documents import Document, find
from cierre.contract_tests.findings import CouldNotRun, Limited
from cierre.contract_tests.secrets import Secrets, tokens_in

# Seconds until a login is tried again, at the most.
LONGEST_WAIT = 30


@dataclass(frozen=True)
class Login:
    """One login: the token, and the whole answer."""

    token: str
    answer: Any


@dataclass
class Logins:
    """The sessions of a run: one for each entry, until an answer may have ended it.

    Attributes:
        url: the base URL of the server.
        headers: sent with each login, such as `Host`.
        secrets: gets every token that a login answers with.
    """

    url: str
    headers: dict[str, str] = field(default_factory=dict)
    secrets: Secrets = field(default_factory=Secrets)
    _held: dict[Entry, Login] = field(default_factory=dict)
    _bodies: dict[Entry, itertools.cycle[Document]] = field(default_factory=dict)

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

    def drop(self, entry: Entry) -> None:
        """Drop the session of `entry`, whatever became of it."""
        self._held.pop(entry, None)

    def _log_in(self, entry: Entry, body: Document) -> Login:
        url = self.url.rstrip("/") + str(entry.path)
        answer = _post(url, body, self.headers)
        try:
            content = answer.json()
            token = str(find(content, *entry.token.strip("/").split("/")) or "")
        except ValueError:
            content, token = None, ""
        if answer.status_code >= 300 or not token:
            raise CouldNotRun(f"no login at {url}: {answer.status_code} {answer.text[:200]}")
        self._remember(url, body, content)
        return Login(token, content)

    def _remember(self, url: str, body: Document, content: Any) -> None:
        """Hide the tokens of a login, and keep the shell lines that log in again."""
        found = dict(tokens_in(content))
        sent, secrets = json.dumps(body), self.secrets
        lines = [*secrets.preparation(sent)]
        lines += [f"LOGIN=$(curl -s {url} -H 'Content-Type: application/json' -d {secrets.quote(sent)})"]
        lines += [f"{name}=$(echo \"$LOGIN\" | jq -r '{path}')" for name, (path, _) in found.items()]
        secrets.add({name: value for name, (_, value) in found.items()}, "\n".join(lines))


def _post(url: str, body: Document, headers: dict[str, str]) -> requests.Response:
    for _ in range(3):
        try:
            answer = requests.post(url, json=body, headers=headers, timeout=30)
        except requests.RequestException as problem:
            raise CouldNotRun(f"no login at {url}: {problem}") from problem
        if answer.status_code != 429:
            break
        wait = _seconds(answer.headers.get("Retry-After", "1"))
        if wait > LONGEST_WAIT:
            raise Limited(f"{url} takes no login for {wait:.0f} s")
        time.sleep(wait)
    return answer


def _seconds(retry_after: str) -> float:
    """Retry-After: seconds, or a date (RFC 9110, section 10.2.3)."""
    if retry_after.isdigit():
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return 1.0
