"""`x-cierre-state`, in the document or in a file beside it: what inference got wrong, said by hand.

```yaml
x-cierre-state:
  ignore: [/reports, POST /search]      # paths and operations that keep no state
  resources:
    books:                              # the name that --explain prints, or a new one
      collection: /books                # one path or several
      item: /books/{isbn}
      id: isbn                          # the member of a thing that is its id; `metadata.name` for one inside
      unique: [isbn, title]             # no two things have the same
      create: POST /books/import        # also list, read, replace, change, delete, clear: an operationId or METHOD path
      thing: data                       # where in answers the thing is; "" for the whole body
      things: data.items                # where in the list's answer the things are
      sent: book                        # where in requests the thing is
      filters: {writer: author, x: null}    # parameter → member; null: it filters nothing
      singleton: false
      seed: false                       # begin without the document's examples
```
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from cierre.mocks.preferences import nearest
from cierre.mocks.state.resources import ROLES, Role, Steps
from cierre.oas.document import Document
from cierre.oas.errors import BrokenDocument, Problem
from cierre.oas.pointers import pointer
from cierre.oas.side_files import SideFile, schema_problems
from cierre.phrases import Phrase

KEY = "x-cierre-state"
RULE = "state"
# Paths or operations that a problem lists where none is near.
_SHOWN = 10
_SAID: tuple[Role, ...] = tuple(role for role in ROLES if role != "below")
_TEXTS = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
_RESOURCE: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "collection": _TEXTS,
        "item": _TEXTS,
        "id": {"type": "string", "minLength": 1},
        "unique": {"type": "array", "items": {"type": "string"}},
        **dict.fromkeys(_SAID, _TEXTS),
        "thing": {"type": "string"},
        "things": {"type": "string"},
        "sent": {"type": "string"},
        "filters": {"type": "object", "additionalProperties": {"type": ["string", "null"], "minLength": 1}},
        "singleton": {"type": "boolean"},
        "seed": {"type": "boolean"},
    },
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "ignore": {"type": "array", "items": {"type": "string"}},
        "resources": {"type": "object", "additionalProperties": _RESOURCE},
    },
}


@dataclass(frozen=True)
class ResourceCorrection:
    """What is said of one resource; what is not said is inferred.

    Attributes:
        roles: role → operations, by operationId or `METHOD /path`.
        thing_at, list_at, sent_at: where a thing is in answers, things are in the list's, and a thing is in requests.
        filters: parameter → member; None: the parameter is no filter.
    """

    collections: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    id: Steps = ()
    unique: tuple[str, ...] | None = None
    roles: Mapping[Role, tuple[str, ...]] = field(default_factory=dict)
    thing_at: Steps | None = None
    list_at: Steps | None = None
    sent_at: Steps | None = None
    filters: Mapping[str, Steps | None] = field(default_factory=dict)
    singleton: bool | None = None
    seed: bool = True


@dataclass(frozen=True)
class Corrections:
    """All that is said.

    Attributes:
        ignored: paths and operations that keep no state.
        resources: by name.
    """

    ignored: frozenset[str] = frozenset()
    resources: Mapping[str, ResourceCorrection] = field(default_factory=dict)

    def ignores(self, *names: str) -> bool:
        """Whether one of an operation's names is among those that keep no state."""
        return not self.ignored.isdisjoint(names)


def read_corrections(document: Document, file: Path | None = None) -> Corrections:
    """What the document says, and a file, which goes before it, resource by resource.

    Args:
        document: whose member `x-cierre-state` is read.
        file: YAML or JSON of the same shape, with or without the key `x-cierre-state` around it.

    Raises:
        BrokenDocument: with everything that is wrong: a member that does not exist, a path or an operation that the
            document does not have.
    """
    said = document.resolve(document.root.get(KEY))
    problems = [] if said is None else _problems(document, said, lambda where: document.place(f"/{KEY}{where}"))
    beside: Any = None
    if file is not None:
        side = SideFile(file, RULE)
        beside, start = side.value, ""
        if isinstance(beside, Mapping) and KEY in beside:
            beside, start = beside[KEY], pointer(KEY)
        problems += _problems(document, beside, lambda where: side.place(start + where))
    if problems:
        raise BrokenDocument(problems)
    first, second = _corrections(said or {}), _corrections(beside or {})
    return Corrections(first.ignored | second.ignored, {**first.resources, **second.resources})


def _problems(document: Document, said: Any, place: Any) -> list[Problem]:
    found = schema_problems(said, SCHEMA, place, rule=RULE, whole=KEY)
    return found or list(_unknown(document, said, place))


def _unknown(document: Document, said: Mapping[str, Any], place: Any) -> list[Problem]:
    """Paths and operations that the document does not have."""
    operations = list(document.operations())
    paths = {one.path for one in operations}
    names = {one.label for one in operations} | {one.name for one in operations}
    wanted: list[tuple[str, str, set[str]]] = [
        (pointer("ignore", index), name, paths | names) for index, name in enumerate(said.get("ignore", ()))
    ]
    for name, resource in said.get("resources", {}).items():
        for key, known in (("collection", paths), ("item", paths), *((role, names) for role in _SAID)):
            wanted += [(pointer("resources", name, key), text, known) for text in _texts(resource.get(key))]
    return [
        Problem(
            place(where),
            Phrase("{text!r} is not in the document; {nearest}", text=text, nearest=_nearest(text, known)),
            where,
            RULE,
        )
        for where, text, known in wanted
        if text not in known
    ]


def _corrections(said: Mapping[str, Any]) -> Corrections:
    resources = {str(name): _resource(one) for name, one in said.get("resources", {}).items()}
    return Corrections(frozenset(said.get("ignore", ())), resources)


def _resource(said: Mapping[str, Any]) -> ResourceCorrection:
    return ResourceCorrection(
        collections=_texts(said.get("collection")),
        items=_texts(said.get("item")),
        id=_steps(said.get("id")) or (),
        unique=tuple(said["unique"]) if "unique" in said else None,
        roles={role: _texts(said[role]) for role in _SAID if role in said},
        thing_at=_steps(said.get("thing")),
        list_at=_steps(said.get("things")),
        sent_at=_steps(said.get("sent")),
        filters={name: _steps(member) for name, member in said.get("filters", {}).items()},
        singleton=said.get("singleton"),
        seed=said.get("seed", True),
    )


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def _steps(text: str | None) -> Steps | None:
    """`data.items` as steps; "" is the body itself, None what is not said."""
    return None if text is None else tuple(text.split(".")) if text else ()


def _nearest(text: str, known: set[str]) -> Phrase:
    """What may have been meant, or a few of what there is."""
    return nearest(text, sorted(known)[:_SHOWN] if not get_close_matches(text, known, 1, 0.5) else sorted(known))
