"""Credentials for a run, from a small file.

```yaml
# The first entry that fits an operation is used. `scheme` names one of the contract's securitySchemes.
- scheme: bearerAuth
  operations: "/admin/*"            # optional: a pattern for the path or the operationId
  login: {path: /login, json: {username: admin, password: $ADMIN_PASSWORD}, token: /access_token}
  fresh: true                       # a new login once an answer may have ended the old one
  live:                             # example values of the contract that stand for real ones:
    "example-refresh-token": /refresh_token   # a pointer into the login's answer, or a value
  unique: [Idempotency-Key]         # header fields that get a value of their own each time
- scheme: bearerAuth
  bearer: $TOKEN                    # $NAME and ${NAME} are taken from the environment
- scheme: apiKey
  value: $API_KEY
- scheme: basic
  username: me
  password: $PASSWORD
```
"""

from __future__ import annotations

import fnmatch
import itertools
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import requests
import yaml
from requests.auth import AuthBase

from cierre.contract_tests.documents import Document, Operation, find, security
from cierre.contract_tests.exchanges import sent_body
from cierre.contract_tests.findings import CouldNotRun, Limited
from cierre.contract_tests.secrets import Secrets

# Shorter strings of a login's answer are words, not credentials.
SECRET_LENGTH = 20
# Seconds until a login is tried again, at the most.
LONGEST_WAIT = 30
# Above this, what makes a header field unique might make it too long.
LONGEST_KEY = 200
# What an authentication file takes from the environment, and the names under which it may write secrets itself.
_VARIABLE = re.compile(r"\$\{?(\w+)")
_SECRET = re.compile(r"pass|pwd|secret|bearer|^value$|key|token|clave|contrase", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Entry:
    """One entry of the file.

    Attributes:
        bodies: of the login, taken in turn.
        token: JSON pointer into the login's answer.
        live: example value of the contract → the value to send instead, or a pointer into the login's answer.
        unique: header fields that must not come twice with one value: each is made unlike all others.
        hidden: what no report may show → the name of the shell variable that stands for it.
    """

    scheme: str | None = None
    operations: str = "*"
    value: str | None = None
    username: str | None = None
    password: str | None = None
    path: str | None = None
    bodies: tuple[Document, ...] = ()
    token: str = "/access_token"
    fresh: bool = False
    live: dict[str, str] = field(default_factory=dict)
    unique: tuple[str, ...] = ()
    hidden: dict[str, str] = field(default_factory=dict)

    def fits(self, document: Document, operation: Operation) -> bool:
        """Whether these credentials are what `operation` wants; without any, whether their live values may do."""
        wanted = {name for alternative in security(document, operation) for name in alternative}
        named = any(fnmatch.fnmatchcase(name, self.operations) for name in (operation.path, operation.name))
        if not wanted:
            return named and bool(self.live or self.username)
        return named and (self.scheme is None or self.scheme in wanted)


def read(path: Path) -> list[Entry]:
    """The entries of an authentication file.

    Raises:
        CouldNotRun: the file cannot be read, or an entry is not understood.
    """
    try:
        raw = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as problem:
        raise CouldNotRun(f"{path}: {problem}") from problem
    try:
        return [replace(entry(_from_environment(item)), hidden=dict(_secrets(item))) for item in raw]
    except (TypeError, KeyError, ValueError, AttributeError) as problem:
        raise CouldNotRun(f"{path}: an entry is not understood: {problem}") from problem


def entry(raw: dict[str, Any]) -> Entry:
    """One entry from its mapping; a key that no entry has is a TypeError."""
    values = dict(raw)
    login = values.pop("login", None)
    bearer = values.pop("bearer", None)
    if bearer is not None:
        values["value"] = bearer
    if login is not None:
        bodies = login["json"] if isinstance(login["json"], list) else [login["json"]]
        values |= {"path": login["path"], "bodies": tuple(bodies)}
        values |= {"token": login["token"]} if "token" in login else {}
    if "unique" in values:
        values["unique"] = tuple(values["unique"])
    return Entry(**values)


def _from_environment(node: Any) -> Any:
    if isinstance(node, str):
        return os.path.expandvars(node)
    if isinstance(node, dict):
        return {key: _from_environment(value) for key, value in node.items()}
    return [_from_environment(value) for value in node] if isinstance(node, list) else node


def _secrets(node: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """What came from the environment, and what stands under the name of a secret, each with a variable's name."""
    if isinstance(node, str):
        from_environment = [one for one in _VARIABLE.findall(node) if one in os.environ]
        yield from ((os.environ[one], one) for one in from_environment)
        if _SECRET.search(name) and not from_environment:
            yield node, _variable(name)
    elif isinstance(node, dict):
        for key, value in node.items():
            # `token` and `live` say where in an answer to look; `unique` names header fields.
            if key not in {"token", "live", "unique"}:
                yield from _secrets(value, str(key))
    elif isinstance(node, list):
        for value in node:
            yield from _secrets(value, name)


@dataclass(frozen=True)
class Login:
    """One login: the token, and the whole answer."""

    token: str
    answer: Any


@dataclass
class Keyring:
    """The sessions of a run; remembers what must not be shown.

    Args:
        url: the base URL of the server.
        headers: sent with each login, such as `Host`.
    """

    url: str
    headers: dict[str, str] = field(default_factory=dict)
    secrets: Secrets = field(default_factory=Secrets)
    _pools: dict[Entry, _Pool] = field(default_factory=dict)

    def login(self, source: Entry) -> Login:
        """The session in use; a new one if the last is spent."""
        return self._pool(source).current()

    def new_login(self, source: Entry) -> Login:
        """A session that nobody else uses."""
        return self._pool(source).take()

    def spent(self, tokens: list[str]) -> None:
        """An answer came that may have ended the sessions of `tokens`."""
        for pool in self._pools.values():
            pool.drop(tokens)

    def forget(self, source: Entry) -> None:
        """Every session that `source` logged in so far may have ended."""
        self._pool(source).clear()

    def _pool(self, source: Entry) -> _Pool:
        if source not in self._pools:
            self._pools[source] = _Pool(self, source)
        return self._pools[source]


class _Pool:
    """The logins of one entry: one is in use until an answer shows that it may be spent."""

    def __init__(self, ring: Keyring, source: Entry) -> None:
        self.ring, self.source = ring, source
        self.bodies = itertools.cycle(source.bodies)
        self.held: Login | None = None

    def current(self) -> Login:
        self.held = self.held or self.take()
        return self.held

    def take(self) -> Login:
        return self._log_in(next(self.bodies))

    def drop(self, tokens: list[str]) -> None:
        if self.source.fresh and self.held is not None:
            held = json.dumps(self.held.answer)
            if any(token in held for token in tokens):
                self.held = None

    def clear(self) -> None:
        self.held = None

    def _log_in(self, body: Document) -> Login:
        url = self.ring.url.rstrip("/") + str(self.source.path)
        answer = _post(url, body, self.ring.headers)
        try:
            content = answer.json()
            token = str(find(content, *self.source.token.strip("/").split("/")) or "")
        except ValueError:
            content, token = None, ""
        if answer.status_code >= 300 or not token:
            shown = answer.text[:200]
            raise CouldNotRun(f"no login at {url}: {answer.status_code} {shown}")
        self._remember(url, body, content)
        return Login(token, content)

    def _remember(self, url: str, body: Document, content: Any) -> None:
        found = dict(tokens_in(content))
        sent, secrets = json.dumps(body), self.ring.secrets
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


def tokens_in(node: Any, path: str = "") -> Iterator[tuple[str, tuple[str, str]]]:
    """Long strings under a name that ends in `token`: shell variable → (jq path, value)."""
    for name, value in node.items() if isinstance(node, dict) else ():
        if isinstance(value, str) and name.lower().endswith("token") and len(value) >= SECRET_LENGTH:
            yield _variable(name), (f"{path}.{name}", value)
        elif isinstance(value, dict):
            yield from tokens_in(value, f"{path}.{name}")


def _variable(name: str) -> str:
    return "".join(f"_{char}" if char.isupper() else char for char in name).upper().strip("_")


class Presented(AuthBase):
    """Credentials as schemathesis' transport wants them: put on the request when it is sent, not before."""

    def __init__(self, ring: Keyring, source: Entry, scheme: Document | None) -> None:
        self.ring, self.source, self.scheme = ring, source, scheme

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.scheme is not None:
            self._authorize(request, self.scheme)
        self._enliven(request)
        return request

    def _authorize(self, request: requests.PreparedRequest, scheme: Document) -> None:
        if scheme.get("type") != "apiKey":
            request.headers["Authorization"] = f"{self._word()} {self._value()}"
        elif scheme["in"] == "header":
            request.headers[scheme["name"]] = self._value()
        elif scheme["in"] == "query":
            request.prepare_url(str(request.url), {scheme["name"]: self._value()})
        else:
            sent = str(request.headers.get("Cookie", ""))
            request.headers["Cookie"] = "; ".join(filter(None, [sent, f"{scheme['name']}={self._value()}"]))

    def _enliven(self, request: requests.PreparedRequest) -> None:
        """Put real values where the request has the contract's example values."""
        body = sent_body(request).decode(errors="surrogateescape")
        in_json = "json" in str(request.headers.get("Content-Type", ""))
        cookie = str(request.headers.get("Cookie", ""))
        url = str(request.url)
        for name in self.source.unique:
            value = str(request.headers.get(name, ""))
            # What is too long, or empty, is meant to be.
            if 0 < len(value) <= LONGEST_KEY:
                request.headers[name] = f"{value}-{uuid4().hex[:12]}"
        for shown in self.source.live:
            written = quote(shown, safe="")
            if shown in body or written in body or shown in cookie or written in url:
                real = self._real(shown)
                encoded = json.dumps(real)[1:-1] if in_json else quote(real, safe="")
                body = body.replace(shown, encoded).replace(written, encoded)
                cookie, url = cookie.replace(shown, real), url.replace(written, quote(real, safe=""))
                request.prepare_body(body.encode(errors="surrogateescape") or None, None)
                request.url = url
                if cookie:
                    request.headers["Cookie"] = cookie

    def _real(self, shown: str) -> str:
        value = self.source.live[shown]
        if not value.startswith("/"):
            return value
        found = find(self.ring.login(self.source).answer, *value.strip("/").split("/"))
        return str(found if found is not None else shown)

    def _word(self) -> str:
        return "Basic" if self.source.username is not None else "Bearer"

    def _value(self) -> str:
        if self.source.username is not None:
            return self.ring.secrets.basic(self.source.username, self.source.password or "")
        if self.source.path is not None:
            return self.ring.login(self.source).token
        return self.source.value or ""


def presented(document: Document, operation: Operation, entries: list[Entry], ring: Keyring) -> Presented | None:
    """The first credentials that fit the operation, or None; without a scheme they only put in live values."""
    names = [name for alternative in security(document, operation) for name in alternative]
    for source in entries:
        if source.fits(document, operation):
            scheme = find(document, "components", "securitySchemes", source.scheme or names[0]) if names else None
            # OpenAPI cannot always say that credentials are wanted: who names a user for it knows better.
            scheme = {"type": "http"} if scheme is None and source.username is not None else scheme
            return Presented(ring, source, scheme)
    return None
