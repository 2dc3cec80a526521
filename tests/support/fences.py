"""The fenced blocks of a Markdown page, and what a comment before one says of it."""

import re
from pathlib import Path
from typing import NamedTuple

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)$")
_NOTE = re.compile(r"<!-- (?P<name>not run|long|file|ends with)(?:: | )(?P<value>.+?) -->")
_PROMPT = "$ "


class Command(NamedTuple):
    """A command as a reader types it, and what is shown below it."""

    text: str
    shown: str


class Block(NamedTuple):
    """`notes` by name: `not run` and `long` with the reason, `file` with its name, `ends with` with an exit code."""

    line: int
    language: str
    text: str
    notes: dict[str, str]

    @property
    def commands(self):
        """Those of a console; a script without prompts is one."""
        if self.language != "console":
            return [Command(self.text, "")]
        assert self.text.startswith(_PROMPT), f"line {self.line}: a console begins with a command, after {_PROMPT!r}"
        commands, goes_on = [], False
        for line in self.text.splitlines():
            if line.startswith(_PROMPT):
                commands.append(Command(line.removeprefix(_PROMPT), ""))
            elif goes_on:
                commands[-1] = Command(f"{commands[-1].text}\n{line}", "")
            else:
                text, shown = commands[-1]
                commands[-1] = Command(text, f"{shown}{line}\n")
            goes_on = line.endswith("\\") and not commands[-1].shown
        return commands


def blocks(page: Path) -> list[Block]:
    """In their order. Notes stand between the block before and their own."""
    found, notes, inside = [], {}, None
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        fence = _FENCE.match(line)
        if inside is not None and line.strip() == "```":
            start, language, indent, lines = inside
            text = "".join(f"{one.removeprefix(indent)}\n" for one in lines)
            found.append(Block(start, language, text, notes))
            notes, inside = {}, None
        elif inside is not None:
            inside[3].append(line)
        elif fence:
            inside = (number, fence["language"], fence["indent"], [])
        elif note := _NOTE.match(line):
            notes[note["name"]] = note["value"]
    assert inside is None, f"{page}: a block does not end"
    return found
