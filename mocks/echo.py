"""Answers that reflect the request: ids from the path and values from the body, where the answer has such members."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from cierre.mocks.examples import member_for

_WRITES = frozenset({"post", "put", "patch"})


def echo(value: Any, method: str, path: Mapping[str, Any], body: Any) -> Any:
    """The value with what the request says; the same object where it says nothing.

    Args:
        value: of the answer; only objects reflect anything, or the one object that an envelope `data` holds.
        method: lower case; bodies are reflected where something was written.
        path: typed path parameters.
        body: of the request.
    """
    resource = _resource(value)
    if resource is None:
        return value
    changes = {}
    for name, sent in path.items():
        member = member_for(name, resource)
        if member in resource:
            changes[member] = _like(sent, resource[member])
    if method in _WRITES and isinstance(body, Mapping):
        changes = {name: sent for name, sent in body.items() if name in resource} | changes
    changes = {name: sent for name, sent in changes.items() if resource[name] != sent}
    if not changes:
        return value
    value = copy.deepcopy(value)
    target = _resource(value)
    assert target is not None
    target.update(changes)
    return value


def _resource(value: Any) -> dict[str, Any] | None:
    if isinstance(value, dict):
        inner = value.get("data")
        return inner if isinstance(inner, dict) else value
    return None


def _like(sent: Any, shown: Any) -> Any:
    """A path holds text: an id that the answer writes as a number stays a number, and the other way round."""
    if isinstance(shown, str) and not isinstance(sent, str):
        return str(sent)
    if isinstance(shown, int) and isinstance(sent, str) and sent.isdigit():
        return int(sent)
    return sent
