"""`--data`: what a mock begins with, from a folder of YAML, JSON and CSV files by collection, or from one JSON file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cierre.mocks.preferences import nearest
from cierre.mocks.state.resources import StateModel
from cierre.mocks.state.shapes import Shapes, answer_schema
from cierre.oas.document import Document
from cierre.oas.errors import BrokenDocument, Problem
from cierre.oas.syntax import parse
from cierre.oas.validation.coercion import TextCoercer
from cierre.phrases import Phrase

RULE = "data"
_ENDS = (".yaml", ".yml", ".json", ".csv")
Rows = dict[str, list[dict[str, Any]]]


def read_data(place: Path, document: Document, model: StateModel) -> Rows:
    """Resource → the things that it begins with.

    Args:
        place: a folder with files such as `books.yaml`, each a list of things, or a mapping of one for a singleton; or
            one YAML or JSON file with resource → list, as `GET /__mock/state` gives it.
        document: whose schemas say of which types the texts of a CSV file are.
        model: whose resources the files are named after.

    Raises:
        BrokenDocument: a file that cannot be read, has no list of objects, or is named after no resource.
    """
    problems: list[Problem] = []
    rows: Rows = {}
    for file, name, value in _contents(place, problems):
        if name not in model.resources:
            near = nearest(name, model.resources) if model.resources else Phrase("there is none")
            message = Phrase("no collection is named {name!r}; {nearest}", name=name, nearest=near)
            problems.append(Problem(str(file), message, rule=RULE))
            continue
        listed = [value] if isinstance(value, Mapping) and model.resources[name].singleton else value
        if not isinstance(listed, list) or not all(isinstance(one, Mapping) for one in listed):
            problems.append(Problem(str(file), Phrase("{name} is no list of objects", name=name), rule=RULE))
            continue
        if file.suffix.lower() == ".csv":
            listed = [_typed(one, document, model, name) for one in listed]
        rows.setdefault(name, []).extend(dict(one) for one in listed)
    if problems:
        raise BrokenDocument(problems)
    return rows


def _contents(place: Path, problems: list[Problem]) -> Iterator[tuple[Path, str, Any]]:
    """Each file, the name of a resource, and what it holds."""
    files = sorted(place.iterdir()) if place.is_dir() else [place]
    for file in files:
        if place.is_dir() and file.suffix.lower() not in _ENDS:
            continue
        try:
            value = _read(file)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            problems.append(Problem(str(file), Phrase("cannot be read: {reason}", reason=reason), rule=RULE))
            continue
        if place.is_dir():
            yield file, file.stem, value
        elif isinstance(value, Mapping):
            yield from ((file, str(name), listed) for name, listed in value.items())
        else:
            problems.append(Problem(str(file), Phrase("is no mapping of collections to lists"), rule=RULE))


def _read(file: Path) -> Any:
    if file.suffix.lower() != ".csv":
        return parse(file.read_bytes(), str(file))
    import csv  # noqa: PLC0415 - few mocks read one

    with file.open(encoding="utf-8-sig", newline="") as opened:
        try:
            return list(csv.DictReader(opened, restkey="", strict=True))
        except csv.Error as error:
            raise ValueError(str(error)) from None


def _typed(row: Mapping[str, Any], document: Document, model: StateModel, name: str) -> dict[str, Any]:
    """A row of a CSV file with values of the types that the document gives; what is empty is left out."""
    members = members_of(document, model, name)
    return {
        column: TextCoercer(members[column], document.root).read(text) if column in members else text
        for column, text in row.items()
        if column and isinstance(text, str) and text
    }


def members_of(document: Document, model: StateModel, name: str) -> Mapping[str, Any]:
    """Member → schema, of the things of a resource."""
    shapes = Shapes(document)
    for part in model.parts_of(model.resources[name]):
        schema = answer_schema(document, part.operation)
        if part.shown is None or schema is None:
            continue
        schema = shapes.at(schema, part.shown)
        found = shapes.members(shapes.items(schema) if part.role == "list" else schema)
        if found:
            return found
    return {}
