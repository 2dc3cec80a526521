"""A document from its files or addresses: YAML or JSON, one file or many, as one mapping with local references."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import orjson

from cierre.oas.collecting import uncollected
from cierre.oas.document import Document
from cierre.oas.errors import REFERENCE, BrokenDocument, Problem
from cierre.oas.files import Files
from cierre.oas.inlining import may_hold_any, replace_unforeseen
from cierre.oas.limits import DEFAULT, DocumentLimits
from cierre.oas.locations import FileLocation, Location, Unreadable, locate
from cierre.oas.references import UnresolvableReference, lookup
from cierre.oas.structure import is_swagger_2, references
from cierre.phrases import Phrase

# A `$ref` that does not start with `#`, or the file of an example: only then are there other files to look for. Each
# begins with a text of its own, which is looked for as a text; as two alternatives they take twenty times as long.
_FOREIGN = (re.compile(rb"""\$ref["']?\s*:\s*["']?[^#"'\s]"""), re.compile(rb"""externalValue["']?\s*:"""))
_LOCAL_REF = re.compile(rb"""\$ref["']?\s*:\s*["']?(#[^"'\s,}]*)""")


def default_path() -> Path:
    """The contract of this package: in a checkout, an editable install and a wheel alike."""
    import importlib.resources  # noqa: PLC0415 - who has a document of his own needs none of it

    return Path(str(importlib.resources.files("cierre.openapi"))) / "openapi.yaml"


@uncollected()
def read(
    source: str | Path | Location | Mapping[str, Any] | None = None,
    *,
    allow_refs: Collection[str] = (),
    lenient: bool = False,
    limits: DocumentLimits = DEFAULT,
) -> Document:
    """Read a document and every file that it refers to.

    Each file that a `$ref` names becomes a component, named after the file, or `<file>_<last part of the fragment>`;
    path items and single examples take the place of their reference. Swagger 2.0 is converted to OpenAPI 3.0.

    Args:
        source: a file, an address of http or https, or a document that is loaded already, which is not changed; by
            default the contract of this package.
        allow_refs: folders, and beginnings of addresses, that the document may refer to beside its own folder, or its
            own origin.
        lenient: leave out what is broken, as far as there is a document at all.
        limits: of its files.

    Raises:
        BrokenDocument: with every problem of every file: unreadable, not YAML, a reference to nothing.
    """
    if isinstance(source, Mapping):
        from cierre.oas.identifiers import make_local  # noqa: PLC0415 - of what is given as a mapping

        root = deepcopy(dict(source))
        make_local(root)
        document = Document(root)
        _settle_references(document, {ref for _, ref in references(root)})
    else:
        try:
            location = FileLocation(default_path()) if source is None else locate(source)
        except Unreadable as reason:
            raise BrokenDocument([Problem(str(source), reason.why)]) from None
        document = _read_files(Files(location, allow_refs, limits))
    if is_swagger_2(document.root):
        document = document.convert()
    if document.problems and not (lenient and document.root):
        raise BrokenDocument(document.problems)
    return document


def load(source: str | Path | Location | None = None, **options: Any) -> dict[str, Any]:
    """The document as one dictionary; arguments and errors are those of `read`."""
    return dict(read(source, **options).root)


def _read_files(files: Files) -> Document:
    """The document as far as it can be read, with its problems."""
    name = files.root.name
    if not files.open(files.root):
        return Document({}, name, files)
    root, raw = files.contents[files.root], files.raw[files.root]
    if not isinstance(root, dict):
        files.problems.append(Problem(str(files.root), Phrase("not an OpenAPI document: it holds no object")))
        return Document({}, name, files)
    if any(expression.search(raw) for expression in _FOREIGN):
        from cierre.oas.joining import Joiner  # noqa: PLC0415 - of many files

        joiner = Joiner(files)
        document = Document(joiner.join(), name, files, joiner.origins)
        _settle_references(document, {ref for _, ref in references(document.root)})
        return document
    document = Document(root, name, files)
    unforeseen = may_hold_any(raw)
    refs = {match.decode("utf-8", "replace") for match in _LOCAL_REF.findall(raw)}
    _settle_references(document, refs, unforeseen=unforeseen)
    return document


def _settle_references(document: Document, refs: set[str], *, unforeseen: bool = True) -> None:
    """Replace the references that stand where none is foreseen, and note each that leads nowhere.

    Args:
        document: with all of its files.
        refs: by the text; those that are data may be among them.
        unforeseen: whether there may be any that are to be replaced.
    """
    assert isinstance(document.root, dict)
    for where, ref in list(replace_unforeseen(document.root)) if unforeseen else ():
        document.problems.append(_dead(document, where, ref))
    if unforeseen and not _is_finite(document.root):
        raise BrokenDocument([document.problem("", Phrase("a `$ref` leads to an object that holds it"), REFERENCE)])
    dead = {ref for ref in refs if not _leads_somewhere(document.root, ref)}
    if dead:
        # Only now is the walk through the whole document worth its time.
        found = sorted((where, ref) for where, ref in references(document.root) if ref in dead)
        document.problems += [_dead(document, where, ref) for where, ref in found]


def _dead(document: Document, where: str, ref: str) -> Problem:
    return document.problem(f"{where}/$ref", Phrase("$ref {reference} leads nowhere", reference=ref), REFERENCE)


def _is_finite(root: Any) -> bool:
    try:
        orjson.dumps(root, option=orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError as error:
        return "ecursion" not in str(error)
    return True


def _leads_somewhere(root: Any, ref: str) -> bool:
    """Not to nothing, and not back to itself; where it leads to another one that is dead, that one is told."""
    seen: set[str] = set()
    while ref not in seen:
        seen.add(ref)
        try:
            node = lookup(root, ref)
        except UnresolvableReference:
            return len(seen) > 1
        if not isinstance(node, Mapping) or not isinstance(node.get("$ref"), str):
            return True
        ref = node["$ref"]
    return False
