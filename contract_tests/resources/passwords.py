"""The passwords that a run logs in with: what it sends must not change them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import requests
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case

from cierre.contract_tests.auth.file import Entry
from cierre.contract_tests.run import Run
from cierre.contract_tests.transport import ListeningTransport
from cierre.oas.thing_names import plain

_WORDS = ("pass", "pwd", "contrasena", "clave")


def is_password(name: str) -> bool:
    """Whether a member of this name holds a password."""
    return any(word in plain(name) for word in _WORDS)


def password_of(entries: Iterable[Entry]) -> str | None:
    """The password that the entries log in with; None where they have none."""
    bodies = (body for entry in entries for body in entry.bodies)
    return next((str(value) for body in bodies for name, value in body.items() if is_password(name)), None)


def keeping(body: Any, password: str | None) -> Any:
    """The body, with `password` as each of its passwords: whose ever it changes, a run can still log in."""
    if password is None or not isinstance(body, dict):
        return body
    return {
        name: password if is_password(str(name)) and isinstance(value, str) else value for name, value in body.items()
    }


class KeepingTransport(ListeningTransport):
    """Lets no valid request that wants credentials change the password of the run's login.

    Our own contract changes it back (`cierre/extension.py`).
    """

    def __init__(self, run: Run) -> None:
        super().__init__(run.line, lambda: run.phase)
        self.run = run
        self.password = None if run.contract.extensions else password_of(run.contract.entries)
        self.logins = {entry.path for entry in run.contract.entries}

    def send(self, case: Case[Any], *, session: requests.Session | None = None, **kwargs: Any) -> Response:
        """Send the case.

        Raises:
            ServerAway: the server does not come back.
        """
        wanted = case.operation.definition.raw.get("security", self.run.document.get("security"))
        valid = case.meta is None or case.meta.generation.mode.is_positive
        if wanted and valid and case.operation.path not in self.logins:
            case.body = keeping(case.body, self.password)
        return super().send(case, session=session, **kwargs)
