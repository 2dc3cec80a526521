"""Answers that repeat what the request says: ids of the path and members of the body, where the answer has them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from cierre.mocks.answering.examples import member_for

_WRITES = frozenset({"post", "put", "patch"})


def echo(value: Any, method: str, path: Mapping[str, Any], body: Any, read_only: Collection[str] = frozenset()) -> Any:
    """The answer's value with the request's values in it; the same object where the request has none of them.

    Args:
        value: of the answer: an object, or one whose member `data` holds the object.
        method: in lower case; bodies of POST, PUT and PATCH are repeated.
        path: values of the path parameters, of the types that their schemas say.
        body: of the request, decoded.
        read_only: members of the body that are the server's to say.
    """
    resource = _resource(value)
    if resource is None:
        return value
    changes = {}
    for name, sent in path.items():
        member = member_for(name, resource)
        if member in resource:
            changes[member] = _of_the_same_type(sent, resource[member])
    if method in _WRITES and isinstance(body, Mapping):
        changes = {name: sent for name, sent in body.items() if name in resource and name not in read_only} | changes
    changes = {name: sent for name, sent in changes.items() if resource[name] != sent}
    if not changes:
        return value
    changed = resource | changes
    return changed if resource is value else value | {"data": changed}


def _resource(value: Any) -> dict[str, Any] | None:
    if isinstance(value, dict):
        inner = value.get("data")
        return inner if isinstance(inner, dict) else value
    return None


def _of_the_same_type(sent: Any, shown: Any) -> Any:
    """A path holds text: an id that the answer has as a number stays a number, and a text stays a text."""
    if isinstance(shown, str) and not isinstance(sent, str):
        return str(sent)
    if isinstance(shown, int) and isinstance(sent, str) and sent.isdigit():
        return int(sent)
    return sent
