"""An outcome as text and back, so that a repeat of its request is answered in the form that the repeat asks for."""

from __future__ import annotations

from dataclasses import asdict
from types import MappingProxyType

import orjson

from cierre.errors import CierreError, DeviceSessionNotFound, UserNotFound
from cierre.outcomes import LogoutResult, Outcome, WithHeaders

# Failures of an operation that keeps its answers, beside those that are not kept at all.
_FAILURES = MappingProxyType({kind.__name__: kind for kind in (DeviceSessionNotFound, UserNotFound)})


def packed(outcome: Outcome | CierreError) -> str | None:
    """The outcome as text; None: it is of a kind that can't be."""
    headers = list(outcome.headers) if isinstance(outcome, WithHeaders) else []
    value = outcome.value if isinstance(outcome, WithHeaders) else outcome
    if isinstance(value, LogoutResult):
        return orjson.dumps({"closed": asdict(value), "headers": headers}).decode()
    if isinstance(value, (DeviceSessionNotFound, UserNotFound)):
        return orjson.dumps({"failure": type(value).__name__, "members": asdict(value)}).decode()
    return None


def unpacked(text: str) -> Outcome:
    """The outcome that `packed` made a text of.

    Raises:
        CierreError: it is a failure.
    """
    stored = orjson.loads(text)
    if "failure" in stored:
        raise _FAILURES[stored["failure"]](**stored["members"])
    closed = stored["closed"]
    value = LogoutResult(**(closed | {"device_ids": tuple(closed["device_ids"])}))
    return WithHeaders(value, tuple((name, content) for name, content in stored["headers"]))
