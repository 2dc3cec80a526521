"""The words of a document, its title, summaries and descriptions, in another language.

They are found by what they say, line breaks aside, and not by where they stand: one text may stand in many places, and
one that was changed has no translation any more, instead of a wrong one.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from cierre.oas.loading import default_path
from cierre.oas.structure import walk

Json = dict[str, Any]
Language = Literal["en", "es"]
Texts = Mapping[str, str]

LANGUAGES: tuple[Language, ...] = ("en", "es")
_WORDS = ("summary", "description")
# Of one object alone: a schema's title is a name.
_MORE_WORDS = {"/info": ("title",)}


class Words(NamedTuple):
    """A text of a document: the object that has it, under which member, and that object's JSON pointer."""

    node: Json
    member: str
    pointer: str

    @property
    def key(self) -> str:
        """What a translation is found by."""
        return key(self.node[self.member])


def key(text: str) -> str:
    """The text on one line."""
    return " ".join(text.split())


def words(document: Json) -> Iterator[Words]:
    """The title, and every summary and description, but for those inside of examples' values."""
    for spot in walk(document):
        if isinstance(spot.node, dict):
            for member in (*_WORDS, *_MORE_WORDS.get(spot.pointer, ())):
                if isinstance(spot.node.get(member), str):
                    yield Words(spot.node, member, spot.pointer)


def translated(document: Json, texts: Texts) -> Json:
    """A copy in which each text has its translation; what has none is as it was."""
    other = copy.deepcopy(document)
    for one in words(other):
        one.node[one.member] = texts.get(one.key, one.node[one.member])
    return other


def texts_in(file: Path) -> Texts:
    """The translations of a file: a list of `{en: …, es: …}`, by the text on one line.

    Raises:
        ValueError: a text stands in it twice.
    """
    import yaml  # noqa: PLC0415 - who reads the contract as it is written needs none of it

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    entries = yaml.load(file.read_text(encoding="utf-8"), loader)  # noqa: S506 - a safe one
    texts = {key(entry["en"]): entry["es"] for entry in entries}
    if len(texts) < len(entries):
        raise ValueError(f"{file}: a text stands in it twice")
    return texts


@cache
def contract_texts(language: Language) -> Texts:
    """The translations of Cierre's own contract: its file stands beside it. English needs none."""
    return {} if language == "en" else texts_in(default_path().with_name(f"texts.{language}.yaml"))
