"""Rules for Cierre's own contract, beyond the standard: one name leads from anywhere to anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from cierre.errors import CierreError
from cierre.oas.pointers import escape
from cierre.oas.references import resolved
from cierre.oas.structure import body_members, operations, walk
from cierre.oas.translating import contract_texts, words
from cierre.phrases import Phrase
from cierre.principal import access_of

Json = dict[str, Any]
Finding = tuple[str, str, Phrase]

_SNAKE_CASE = re.compile(r"^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$")
_VENDOR = "application/vnd.cierre."


def findings(document: Json, files: Mapping[str, str] | None = None) -> Iterator[Finding]:
    """Each breach of a rule: JSON pointer, the rule's name, and what is wrong.

    A document of others (it has no `x-cierre-unrouted`) breaks none.

    Args:
        files: which file holds the path item of a path, as `path_item_files` tells; without it the rules about
            the names of files are left out.
    """
    if "x-cierre-unrouted" not in document:
        return
    files = files or {}
    # A published bundle has no Python names at all; a source has them everywhere.
    is_source = any("x-openapi-router-controller" in operation for _, _, operation, _ in operations(document))
    for path, method, operation, _ in operations(document):
        pointer = f"/paths/{escape(path)}/{method}"
        yield from ((pointer, *finding) for finding in _names(operation, files.get(path), is_source=is_source))
        yield from ((pointer, *finding) for finding in _access(document, operation))
        yield from ((pointer, *finding) for finding in _situations_alike(document, operation))
    yield from _bodies(document)
    yield from _failures(document)
    if any("x-cierre-dialects" in operation for _, _, operation, _ in operations(document)):
        # A view shows a part of it.
        yield from _every_error_shown(document)
    if is_source:
        yield from _translated(document)


def _translated(document: Json) -> Iterator[Finding]:
    """Every summary and description has its Spanish; a text that stands in several places is told once."""
    texts, reported = contract_texts("es"), set()
    for one in words(document):
        if one.key not in texts and one.key not in reported:
            reported.add(one.key)
            yield (
                f"{one.pointer}/{one.member}",
                "spanish",
                Phrase("openapi/texts.es.yaml has no such text: {text!r}", text=one.key),
            )


def situations() -> set[str]:
    """The names of everything that can go wrong: the tree of `cierre.errors`."""
    waiting: list[type[CierreError]] = [CierreError]
    known = set()
    while waiting:
        kind = waiting.pop()
        known.add(kind.situation)
        waiting += kind.__subclasses__()
    return known


def _names(operation: Json, file: str | None, *, is_source: bool) -> Iterator[tuple[str, Phrase]]:
    """operationId, tag, file and handler module say the same."""
    name = operation.get("operationId", "")
    tags = operation.get("tags", [])
    if not _SNAKE_CASE.match(name):
        yield "operation-id", Phrase("operationId {name!r} is not snake_case", name=name)
    if len(tags) != 1:
        yield "tag", Phrase("{name} has {count} tags, not one", name=name, count=len(tags))
        return
    if file is not None and (PurePath(file).stem, PurePath(file).parent.name) != (name, tags[0]):
        message = "{name} with the tag {tag} stands in {file}, not in {tag}/{name}.yaml"
        yield "file", Phrase(message, name=name, tag=tags[0], file=file)
    controller = operation.get("x-openapi-router-controller")
    if is_source and controller != f"cierre.handlers.{tags[0]}":
        message = "{name} is handled by {controller}, not by cierre.handlers.{tag}"
        yield "controller", Phrase(message, name=name, controller=controller, tag=tags[0])


def _access(document: Json, operation: Json) -> Iterator[tuple[str, Phrase]]:
    """`x-cierre-principal`, `x-cierre-role` and `x-cierre-ability` are there; a role or an ability has its 403."""
    name = operation.get("operationId", "")
    try:
        access = access_of(operation, body_members(document, operation))
    except ValueError as mistake:
        yield "access", Phrase("{name}: {reason}", name=name, reason=mistake.args[0])
        return
    if access.role is not None and "403" not in operation["responses"]:
        yield "access", Phrase("{name} is for the role {role} and has no response 403", name=name, role=access.role)
    for ability in dict.fromkeys([access.ability, *access.ability_for.values()]):
        if ability is not None and "403" not in operation["responses"]:
            message = "{name} asks for the ability {ability} and has no response 403"
            yield "access", Phrase(message, name=name, ability=ability)


def _bodies(document: Json) -> Iterator[Finding]:
    """Every body has named examples; an answer without a body names its situations."""
    for spot in walk(document):
        if spot.kind == "response" and "$ref" not in spot.node and "content" not in spot.node:
            if not spot.node.get("x-cierre-situations"):
                yield spot.pointer, "situations", Phrase("has no body and names no x-cierre-situations")
        elif spot.kind == "mediaType" and not spot.node.get("examples"):
            yield spot.pointer, "examples", Phrase("has no named example")


def _failures(document: Json) -> Iterator[Finding]:
    """Examples are named in snake_case, those of failures after the situations of `cierre.errors`."""
    known = situations()
    for path, method, operation, _ in operations(document):
        for status, response in operation["responses"].items():
            pointer = f"/paths/{escape(path)}/{method}/responses/{status}"
            for name in sorted(_named(resolved(document, response))):
                if not _SNAKE_CASE.match(name):
                    yield pointer, "examples", Phrase("{name!r} is not snake_case", name=name)
                elif status >= "400" and name not in known:
                    yield pointer, "examples", Phrase("{name!r} is no situation of cierre.errors", name=name)


def _situations_alike(document: Json, operation: Json) -> Iterator[tuple[str, Phrase]]:
    """A situation that one dialect knows, all dialects of the operation know, by the same name."""
    answers = [resolved(document, response) for response in operation["responses"].values()]
    everything = set().union(*(_named(answer) for answer in answers))
    for dialect in operation.get("x-cierre-dialects", []):
        own = set().union(*(_named(answer, dialect) for answer in answers))
        for name in sorted(everything - own):
            message = "the dialect {dialect} has no answer to the situation {name!r}"
            yield "dialects", Phrase(message, dialect=dialect, name=name)
    body = resolved(document, operation.get("requestBody", {}))
    for media in body.get("content", {}).values():
        for name in media.get("examples", {}):
            if name not in everything:
                yield "examples", Phrase("the request example {name!r} has no answer of that name", name=name)


def _named(response: Json, dialect: str | None = None) -> set[str]:
    """The situations that a response shows: in all its media types, or to one dialect."""
    content = response.get("content")
    if content is None:
        return set(response.get("x-cierre-situations", []))
    if dialect is not None:
        content = {
            media_type: media
            for media_type, media in content.items()
            if not any(other.startswith(_VENDOR) for other in content) or media_type == f"{_VENDOR}{dialect}+json"
        }
    return {name for media in content.values() for name in media.get("examples", {})}


def _every_error_shown(document: Json) -> Iterator[Finding]:
    answers = (spot for spot in walk(document) if spot.kind == "mediaType" and "/requestBody/" not in spot.pointer)
    shown = {name for spot in answers for name in spot.node.get("examples", {})}
    for name in sorted(situations() - shown):
        yield "", "examples", Phrase("no example shows the situation {name!r}", name=name)
