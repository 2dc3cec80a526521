"""OpenAPI Overlay 1.0: a file of actions that change a document (https://spec.openapis.org/overlay/v1.0.0.html)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cierre.extras import named_when_missing
from cierre.oas.bundling import bundle
from cierre.oas.errors import BrokenDocument, Problem
from cierre.oas.side_files import SideFile, schema_problems
from cierre.phrases import Phrase

RULE = "overlay"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["overlay", "info", "actions"],
    "properties": {
        "overlay": {"type": "string", "pattern": r"^1\.0\.\d+$"},
        "info": {
            "type": "object",
            "required": ["title", "version"],
            "properties": {"title": {"type": "string"}, "version": {"type": "string"}},
        },
        "extends": {"type": "string"},
        "actions": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["target"],
                "properties": {
                    "target": {"type": "string"},
                    "description": {"type": "string"},
                    "update": {},
                    "remove": {"type": "boolean"},
                },
                "patternProperties": {"^x-": {}},
                "additionalProperties": False,
            },
        },
    },
}


class Action(NamedTuple):
    """One change.

    Attributes:
        place: `overlay.yaml:7:3`.
        target: what it changes: a compiled JSONPath (RFC 9535).
        update: merged into objects, appended to lists.
        remove: take the target away; goes before `update`.
    """

    place: str
    target: Any
    update: Any
    remove: bool


def read_overlay(file: Path) -> list[Action]:
    """The actions of an overlay.

    Args:
        file: YAML or JSON.

    Raises:
        BrokenDocument: with every mistake of it.
        ExtraNotInstalled: the JSONPath library is missing.
    """
    side = SideFile(file, RULE)
    return actions_of(side.value, side.place)


def actions_of(written: Any, place: Callable[[str], str]) -> list[Action]:
    """The actions of an overlay that was read.

    Args:
        written: its JSON value.
        place: from a pointer into it to where that is written.

    Raises:
        BrokenDocument: with every mistake of it.
        ExtraNotInstalled: the JSONPath library is missing.
    """
    broken = schema_problems(written, SCHEMA, place, rule=RULE)
    if broken:
        raise BrokenDocument(broken)
    actions, problems = [], []
    for number, one in enumerate(written["actions"]):
        where = f"/actions/{number}"
        try:
            target = _compiled(one["target"])
        except ValueError as mistake:
            problems.append(Problem(place(f"{where}/target"), Phrase.of(mistake.args[0]), rule=RULE))
            continue
        actions.append(Action(place(where), target, one.get("update"), one.get("remove", False)))
    if problems:
        raise BrokenDocument(problems)
    return actions


def _compiled(path: str) -> Any:
    with named_when_missing("scenarios"):
        import jsonpath  # noqa: PLC0415 - only overlays need it here
    try:
        return jsonpath.compile(path, strict=True)
    except jsonpath.JSONPathError as error:
        message = "{path!r} is no JSONPath (RFC 9535): {reason}"
        raise ValueError(Phrase(message, path=path, reason=str(error).splitlines()[0])) from None


def apply(root: Mapping[str, Any], actions: list[Action]) -> tuple[dict[str, Any], list[Problem]]:
    """A copy of a document with the actions carried out, one after the other.

    Args:
        root: of the document, without references to other files.
        actions: of one or several overlays.

    Returns:
        The copy, and what did nothing: targets that select nothing, or neither an object nor a list.
    """
    changed, idle = bundle(dict(root), published=False), []
    for action in actions:
        found = list(action.target.finditer(changed))
        if not found:
            idle.append(Problem(action.place, Phrase("{path} selects nothing", path=action.target), rule=RULE))
        # From the last to the first: what is removed from a list moves what stands behind it.
        for match in reversed(found):
            message = _carried_out(changed, action, match.parts)
            if message:
                idle.append(Problem(action.place, message, rule=RULE))
    return changed, idle


def _carried_out(root: dict[str, Any], action: Action, parts: tuple[Any, ...]) -> Phrase | None:
    """Carry out an action upon one target; what is wrong with that, None where nothing is."""
    holder: Any = root
    for part in parts[:-1]:
        holder = holder[part]
    target = holder[parts[-1]] if parts else root
    if action.remove:
        if not parts:
            return Phrase("the whole document cannot be removed")
        del holder[parts[-1]]
    elif isinstance(target, dict) and isinstance(action.update, Mapping):
        _merge(target, action.update)
    elif isinstance(target, list):
        target.append(action.update)
    elif action.update is not None:
        message = "{path} selects something that an update cannot be merged into: name the object that holds it"
        return Phrase(message, path=action.target)
    return None


def _merge(target: dict[str, Any], update: Mapping[str, Any]) -> None:
    for name, value in update.items():
        there = target.get(name)
        if isinstance(there, dict) and isinstance(value, Mapping):
            _merge(there, value)
        elif isinstance(there, list) and isinstance(value, list):
            there.extend(value)
        else:
            target[name] = value
