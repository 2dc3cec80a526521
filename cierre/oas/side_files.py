"""Files beside a document, such as overlays and scenarios: read, held to a JSON Schema, each mistake with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cierre.oas.errors import BrokenDocument, Problem
from cierre.oas.positions import Positions
from cierre.oas.syntax import parse
from cierre.oas.validation import compile_schema
from cierre.phrases import Phrase, reason_of


class SideFile:
    """A file that was read.

    Args:
        file: YAML or JSON.
        rule: of its problems.

    Raises:
        BrokenDocument: it cannot be read, or is neither.

    Attributes:
        value: what it holds.
    """

    def __init__(self, file: Path, rule: str) -> None:
        try:
            raw = file.read_bytes()
        except OSError as error:
            message = Phrase("cannot be read: {reason}", reason=reason_of(error))
            raise BrokenDocument([Problem(str(file), message, rule=rule)]) from None
        self._file = file
        self._positions = Positions(raw)
        self.value = parse(raw, str(file))

    def place(self, where: str) -> str:
        """`overlay.yaml:7:3`, of a JSON pointer into it."""
        line, column = self._positions.find(where)
        return f"{self._file}:{line}:{column}"


def schema_problems(
    value: Any, schema: Mapping[str, Any], place: Callable[[str], str], *, rule: str, whole: str = ""
) -> list[Problem]:
    """What a value of such a file breaks.

    Args:
        schema: JSON Schema 2020-12, whose references stay inside it.
        place: from a pointer into the value to where that is written.
        rule: of the problems.
        whole: what the value itself is called; "": the file.
    """
    validator = compile_schema(schema, schema, version="3.1", direction="request")
    return [
        Problem(
            place(where),
            Phrase("{name}: {reason}", name=where or whole or Phrase("the file"), reason=reason),
            where,
            rule,
        )
        for where, reason in validator.broken(value)
    ]
