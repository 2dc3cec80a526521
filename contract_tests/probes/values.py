"""Values that break servers: whatever the schema says of them, none may cause a server error or cut the connection."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from cierre.contract_tests.probes.probe import Probe
from cierre.oas.navigation import Json, find, parameters, pointer
from cierre.oas.structure import Operation

# A name for each value, and JSON of it.
NUMBERS = {
    "an integer of 32 bits and one": "2147483648",
    "an integer of 53 bits and one": "9007199254740993",
    "an integer of 64 bits and one": "9223372036854775808",
    "an integer of 100 bits": "-1267650600228229401496703205376",
    "a huge exponent": "1e400",
}
TEXTS = {
    "NUL": r'"a\u0000b"',
    "half of a surrogate pair": r'"\ud800"',
    "text from right to left": '"\u202e\u05d0\u0628\u200f"',
    "10,000 characters": json.dumps("x" * 10_000),
}
TIMES = {
    "the year 0000": '"0000-01-01T00:00:00Z"',
    "the year 9999": '"9999-12-31T23:59:59.999999Z"',
    "a leap second": '"2016-12-31T23:59:60Z"',
}
DATES = {"the year 0000": '"0000-01-01"', "the year 9999": '"9999-12-31"'}
# Members of a body that are tried; their own members are left to the generated phases.
MOST_MEMBERS = 8


def extreme_values(document: Json, operation: Operation, valid: Any) -> Iterator[Probe]:
    """Probes of every kind of value, one member or parameter at a time.

    Args:
        valid: a body that conforms to the operation's schema.
    """
    clause = pointer(document, *operation.steps, "responses")
    for parameter in parameters(document, operation):
        name, place = parameter["name"], parameter["in"]
        if place not in {"query", "path"}:
            continue
        for what, written in _values(parameter.get("schema") or {}, 1000).items():
            if what not in {"half of a surrogate pair", "1,000 items"}:
                value = json.loads(written) if written.startswith('"') else written
                yield _probe(f"{what} as {name}", clause, _kind(what), parameters=((place, name, value),))
        if place == "query":
            yield _probe(f"{name} twice", clause, "a name twice", parameters=((place, name, ["0", "1"]),))
    content = find(document, *operation.steps, "requestBody", "content", "application/json")
    if content and isinstance(valid, dict):
        yield from _in_body(document, operation, valid, clause)


def _in_body(document: Json, operation: Operation, valid: Json, clause: str) -> Iterator[Probe]:
    steps = (*operation.steps, "requestBody", "content", "application/json", "schema")
    properties = find(document, *steps, "properties") or {}
    for name in list(properties)[:MOST_MEMBERS]:
        schema = find(document, *steps, "properties", name) or {}
        for what, written in _values(schema, 1000, valid.get(name)).items():
            yield _probe(f"{what} as {name}", clause, _kind(what), name, body=_with_member(valid, name, written))
        if name in valid:
            twice = json.dumps(valid)[:-1] + f", {json.dumps(name)}: {json.dumps(valid[name])}}}"
            yield _probe(f"the name {name} twice", clause, "a name twice", name, body=twice.encode())


def _values(schema: Json, items: int, example: Any = None) -> dict[str, str]:
    kind = schema.get("type")
    if kind in {"integer", "number"}:
        return NUMBERS
    if kind == "string":
        return TEXTS | {"date-time": TIMES, "date": DATES}.get(str(schema.get("format")), {})
    if kind == "array":
        item = example[0] if isinstance(example, list) and example else "x"
        return {"1,000 items": json.dumps([item] * items)}
    return {}


def _kind(what: str) -> str:
    """Values that are alike in what they break have one name."""
    return "a huge number" if what in NUMBERS else "an unusual time" if what in TIMES else what


def _with_member(body: Json, name: str, written: str) -> bytes:
    others = {key: value for key, value in body.items() if key != name}
    before = json.dumps(others)[:-1] + (", " if others else "")
    return f"{before}{json.dumps(name)}: {written}}}".encode()


def _probe(
    name: str,
    clause: str,
    value: str,
    member: str = "",
    *,
    body: bytes | None = None,
    parameters: tuple[tuple[str, str, Any], ...] = (),
) -> Probe:
    return Probe(
        "extreme values",
        name,
        frozenset(),
        clause,
        () if body is None else (("Content-Type", "application/json"),),
        body=body,
        parameters=parameters,
        anything=True,
        value=value,
        member=member,
    )
