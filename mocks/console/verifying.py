"""Whether an operation was called as somebody expects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from cierre.mocks.console.calls import Call
from cierre.oas.validation import MalformedBody, decode_json


def matching(calls: Iterable[Call], expected: Mapping[str, Any]) -> list[Call]:
    """Those that are as expected.

    Args:
        calls: in any order.
        expected: any of `operation`, `method`, `path`, `query`, `headers`, `status` and `body`. Of objects the members
            that are named count, of lists all items.
    """
    return [call for call in calls if _matches(call, expected)]


def verdict(found: list[Call], expected: Mapping[str, Any], forgotten: int) -> dict[str, Any]:
    """Whether there are as many as expected, and a sentence that says so.

    Args:
        found: as expected otherwise.
        expected: with `times`, or `atLeast` and `atMost`; without any of them: once at least.
        forgotten: how many requests are not kept any more.
    """
    count = len(found)
    exact = expected.get("times")
    least = exact if exact is not None else expected.get("atLeast", 0 if "atMost" in expected else 1)
    most = exact if exact is not None else expected.get("atMost")
    verified = count >= least and (most is None or count <= most)
    name = expected.get("operation") or expected.get("path") or "the mock"
    wanted = (
        _times(least)
        if least == most
        else f"at least {_times(least)}"
        if most is None
        else f"{least} to {_times(most)}"
    )
    note = f"; {forgotten} older requests are not kept" if forgotten and not verified else ""
    message = f"{name} was called {_times(count)}{'' if verified else f', not {wanted}'}{note}"
    return {"verified": verified, "count": count, "calls": [call.number for call in found], "message": message}


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _matches(call: Call, expected: Mapping[str, Any]) -> bool:
    request = call.request
    plain = {"operation": call.operation, "method": request.method, "path": request.path, "status": call.status}
    if any(name in expected and expected[name] != value for name, value in plain.items()):
        return False
    query = dict(parse_qsl(request.query.decode("latin-1"), keep_blank_values=True))
    if any(query.get(name) != text for name, text in expected.get("query", {}).items()):
        return False
    if any(request.headers.get(name.lower()) != text for name, text in expected.get("headers", {}).items()):
        return False
    return "body" not in expected or _has(_body(call), expected["body"])


def _body(call: Call) -> Any:
    if call.request_size > len(call.request.body):
        return None
    try:
        return decode_json(call.request.body)
    except MalformedBody:
        return call.request.body.decode("utf-8", "replace")


def _has(value: Any, expected: Any) -> bool:
    """Whether a value has all that is expected of it."""
    if isinstance(expected, Mapping):
        return isinstance(value, Mapping) and all(
            name in value and _has(value[name], expected[name]) for name in expected
        )
    if isinstance(expected, list):
        return isinstance(value, list) and len(value) == len(expected) and all(map(_has, value, expected))
    return bool(value == expected) and isinstance(value, bool) == isinstance(expected, bool)
