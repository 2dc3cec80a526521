"""The authentication file: which credentials a run presents, and to which operations.

```yaml
# The first entry that fits an operation is used. `scheme` names one of the contract's securitySchemes.
- scheme: bearerAuth
  operations: "/admin/*"            # optional: a pattern for the path or the operationId
  login: {path: /login, json: {username: admin, password: $ADMIN_PASSWORD}, token: /access_token}
  fresh: true                       # a new login once an answer may have ended the old one
  live:                             # example values of the contract that stand for real ones:
    "example-refresh-token": /refresh_token   # a pointer into the login's answer, or a value
  unique: [Idempotency-Key]         # header fields that get a value of their own each time
- scheme: oauth2
  login: {path: /token, form: {username: me, password: $PASSWORD}}   # a form, as OAuth 2.0 has it
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
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from cierre.contract_tests.findings import CouldNotRun
from cierre.contract_tests.secrets import variable_name
from cierre.oas.navigation import Json, find, security
from cierre.oas.structure import Operation
from cierre.phrases import Phrase, phrase_of

# What an authentication file takes from the environment, and the names under which it may write secrets itself.
_VARIABLE = re.compile(r"\$\$|\$\{?([A-Za-z_]\w*)\}?")
_SECRET = re.compile(r"pass|pwd|secret|bearer|^value$|key|token|clave|contrase", re.IGNORECASE)
# Keys whose values are no secrets: where in an answer to look, and names of header fields.
_PLAIN = frozenset({"token", "live", "unique"})


@dataclass(frozen=True, eq=False)
class Entry:
    """One entry of the file: credentials, and the operations that get them.

    Attributes:
        scheme: a name among the document's securitySchemes; None fits each.
        operations: a pattern for the path or the operationId.
        value: a bearer token or an API key.
        username, password: of the Basic scheme.
        path: of the login operation, where the token comes from a login.
        bodies: of the login, used in turn.
        form: the login takes a form (OAuth 2.0: RFC 6749, section 4.3.2) in the place of JSON.
        token: JSON pointer into the login's answer.
        fresh: log in again once an answer may have ended the session.
        live: example value of the contract → the value to send instead, or a pointer into the login's answer.
        unique: header fields of which each request gets a value of its own.
        hidden: secret that no report may show → the name of the shell variable that stands for it.
    """

    scheme: str | None = None
    operations: str = "*"
    value: str | None = None
    username: str | None = None
    password: str | None = None
    path: str | None = None
    bodies: tuple[Json, ...] = ()
    form: bool = False
    token: str = "/access_token"
    fresh: bool = False
    live: dict[str, str] = field(default_factory=dict)
    unique: tuple[str, ...] = ()
    hidden: dict[str, str] = field(default_factory=dict)

    def fits(self, document: Json, operation: Operation) -> bool:
        """Whether `operation` accepts these credentials; one without security gets entries with live values only."""
        wanted = {name for alternative in security(document, operation) for name in alternative}
        named = any(fnmatch.fnmatchcase(name, self.operations) for name in (operation.path, operation.name))
        if not wanted:
            return named and bool(self.live or self.username)
        return named and (self.scheme is None or self.scheme in wanted)


def read(path: Path) -> list[Entry]:
    """The entries of an authentication file, with variables of the environment put in.

    Raises:
        CouldNotRun: the file cannot be read, or an entry is not understood.
    """
    try:
        raw = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as problem:
        raise CouldNotRun(Phrase("{path}: {problem}", path=path, problem=problem)) from problem
    if not isinstance(raw, list):
        raise CouldNotRun(
            Phrase("{path}: not understood: no list of credentials; each begins with `- scheme:`", path=path)
        )
    try:
        return [replace(_entry(_from_environment(item)), hidden=dict(_secrets(item))) for item in raw]
    except CouldNotRun as problem:
        raise CouldNotRun(Phrase("{path}: {problem}", path=path, problem=phrase_of(problem))) from problem
    except (TypeError, KeyError, ValueError, AttributeError) as problem:
        raise CouldNotRun(
            Phrase("{path}: an entry is not understood: {problem}", path=path, problem=problem)
        ) from problem


def check_schemes(document: Json, entries: Iterable[Entry]) -> None:
    """Look whether the document has the schemes that entries name.

    Raises:
        CouldNotRun: it has not.
    """
    known = sorted(find(document, "components", "securitySchemes") or ())
    for entry in entries:
        if entry.scheme is not None and entry.scheme not in known:
            has = Phrase("it has {names}", names=", ".join(known)) if known else Phrase("it has none")
            raise CouldNotRun(Phrase("the document has no security scheme {name!r}: {has}", name=entry.scheme, has=has))


def _entry(raw: dict[str, Any]) -> Entry:
    """One entry from its mapping; a key that no entry has is a TypeError."""
    values = dict(raw)
    login = values.pop("login", None)
    bearer = values.pop("bearer", None)
    if bearer is not None:
        values["value"] = bearer
    if login is not None:
        form = "form" in login
        given = login["form" if form else "json"]
        values |= {"path": login["path"], "bodies": tuple(given if isinstance(given, list) else [given]), "form": form}
        values |= {"token": login["token"]} if "token" in login else {}
    if "unique" in values:
        values["unique"] = tuple(values["unique"])
    return Entry(**values)


def _from_environment(node: Any) -> Any:
    """The node with the values of variables in it.

    Raises:
        CouldNotRun: a variable is not set, or is empty: what it stands for must not be sent as it is written.
    """
    if isinstance(node, str):
        return _VARIABLE.sub(_value_of, node)
    if isinstance(node, dict):
        return {key: _from_environment(value) for key, value in node.items()}
    return [_from_environment(value) for value in node] if isinstance(node, list) else node


def _value_of(written: re.Match[str]) -> str:
    name = written[1]
    if name is None:
        return "$"
    if not os.environ.get(name):
        raise CouldNotRun(Phrase("${name} is not set; a dollar that begins no name is written $$", name=name))
    return os.environ[name]


def _secrets(node: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Values from the environment, and values under a secret's name, each with the name of a shell variable."""
    if isinstance(node, str):
        from_environment = [one for one in _VARIABLE.findall(node) if one in os.environ]
        yield from ((os.environ[one], one) for one in from_environment)
        if _SECRET.search(name) and not from_environment:
            yield node, variable_name(name)
    elif isinstance(node, dict):
        for key, value in node.items():
            found = _secrets(value, str(key))
            # What comes from the environment is a secret under each key.
            yield from (one for one in found if key not in _PLAIN or one[1] in os.environ)
    elif isinstance(node, list):
        for value in node:
            yield from _secrets(value, name)
