"""Exchanges as named examples of the document, in the form of an OpenAPI Overlay 1.0; credentials are masked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cierre.contract_tests.credentials import in_text, is_random, is_secret_name, is_worth_hiding
from cierre.masking import MASK
from cierre.mocks.answering.examples import UNNAMED, examples_of
from cierre.mocks.answering.fitting import Candidate
from cierre.mocks.json_writer import write_json
from cierre.mocks.messages import MockRequest
from cierre.oas.references import UnresolvableReference
from cierre.oas.validation import MalformedBody, UnsupportedMediaType, Validated, decode_json, media
from cierre.oas.writing import text

# Examples of all operations, and bytes of one body.
MOST = 1000
LARGEST = 100_000
_PLACES = ("path", "query")


class Exchange(NamedTuple):
    """A request and its answer.

    Attributes:
        content_type: of the answer.
        body: of the answer, without its content coding.
    """

    request: MockRequest
    status: int
    content_type: str
    body: bytes


class Recording:
    """Examples of one document.

    Args:
        source: where they are from, for their summaries.
        file: that is written at each new example; None: nothing is written.

    Attributes:
        actions: of the overlay, so far.
    """

    def __init__(self, source: str, file: Path | None = None) -> None:
        self._source = source
        self._file = file
        self.actions: list[dict[str, Any]] = []
        self._seen: set[bytes] = set()
        self._counts: dict[str, int] = {}
        # Media types and parameters whose single example was named already.
        self._named: set[str] = set()

    @property
    def overlay(self) -> dict[str, Any]:
        """The document of Overlay 1.0; it needs one action at least."""
        info = {"title": f"Examples from {self._source}", "version": "1"}
        return {"overlay": "1.0.0", "info": info, "actions": self.actions}

    def add(self, candidate: Candidate, exchange: Exchange) -> bool:
        """Keep an exchange as an example; whether it is a new one.

        Kept are answers in JSON that the document has a place for. The same answer of an operation is kept once.

        Args:
            candidate: the operation of the request.
            exchange: of any size.
        """
        place = self._place_of_answer(candidate, exchange)
        if place is None or len(self._seen) >= MOST or not 0 < len(exchange.body) <= LARGEST:
            return False
        try:
            value = masked(decode_json(exchange.body))
        except MalformedBody:
            return False
        path, node = place
        operation = candidate.operation
        key = write_json([operation.operation.label, path, value])
        if key in self._seen:
            return False
        self._seen.add(key)
        count = self._counts[operation.name] = self._counts.get(operation.name, 0) + 1
        name = f"{_word(operation.name)}_{count}"
        self._example(candidate, path, node, name, {"summary": f"Recorded from {self._source}", "value": value})
        for target, holder, sent in self._of_request(candidate, exchange.request):
            self._example(candidate, target, holder, name, {"value": sent})
        if self._file is not None:
            self._write(self._file)
        return True

    def _write(self, file: Path) -> None:
        beside = file.with_name(f".{file.name}.new")
        beside.write_text(text(self.overlay, "json" if file.suffix == ".json" else "yaml"), encoding="utf-8")
        beside.replace(file)

    def _example(
        self, candidate: Candidate, target: str, node: Mapping[str, Any], name: str, example: dict[str, Any]
    ) -> None:
        """Add an example beside those that are there; a single one, which stands alone, gets a name and stays first."""
        examples = {name: example}
        if target not in self._named and "example" in node:
            self.actions.append({"target": f"{target}.example", "remove": True})
            single = examples_of(candidate.operation.document, node).get(UNNAMED)
            examples = {"example": {"value": single}, **examples} if single is not None else examples
        self._named.add(target)
        self.actions.append({"target": target, "update": {"examples": examples}})

    def _place_of_answer(self, candidate: Candidate, exchange: Exchange) -> tuple[str, Mapping[str, Any]] | None:
        """The media type that an answer is an example of, as a JSONPath, and as it is written."""
        operation, document = candidate.operation, candidate.operation.document
        essence = media.parse(exchange.content_type).essence
        response = operation.selector.for_status(exchange.status)
        if response is None or media.kind_of(essence) != "json":
            return None
        where = _at(_path(candidate), "responses", response.key)
        written = document.mapping(operation.operation.node.get("responses")).get(response.key)
        return _media_type(candidate, where, written, essence)

    def _of_request(self, candidate: Candidate, request: MockRequest) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
        """What the request is recognised by: parameters and body that hold no credential."""
        read = _read(candidate, request)
        node, item = candidate.operation.operation.node, candidate.operation.operation.path_item
        paths = _path(candidate), _at("$", "paths", candidate.operation.operation.path)
        seen = set()
        for holder, start in zip((node, item), paths, strict=True):
            listed = holder.get("parameters")
            for written in listed if isinstance(listed, list) else ():
                parameter = candidate.operation.document.mapping(written)
                place, name = str(parameter.get("in")), str(parameter.get("name"))
                values = read.parameters.get(place, {}) if place in _PLACES else {}  # type: ignore[call-overload]
                if name not in values or (place, name) in seen or masked({name: values[name]}) != {name: values[name]}:
                    continue
                seen.add((place, name))
                filtered = f"{_at(start, 'parameters')}[?@.name == {_quoted(name)} && @.in == {_quoted(place)}]"
                yield _referred(written) or filtered, parameter, values[name]
        if read.body is not None and masked(read.body) == read.body:
            essence = media.parse(request.headers.get("content-type", "")).essence
            found = _media_type(candidate, _at(_path(candidate), "requestBody"), node.get("requestBody"), essence)
            if found is not None:
                yield *found, read.body


def _read(candidate: Candidate, request: MockRequest) -> Validated:
    """Parameters and body by their schemas; nothing where they cannot be read."""
    validator = candidate.operation.validator
    nothing = Validated({}, None, [])
    if validator is None:
        return nothing
    content_type = request.headers.get("content-type")
    try:
        read = validator.validate(candidate.parameters, request.query, request.headers, content_type, request.body)
    except (UnsupportedMediaType, UnresolvableReference, ValueError):
        return nothing
    return read if not read.violations else nothing


def _media_type(candidate: Candidate, where: str, written: Any, essence: str) -> tuple[str, Mapping[str, Any]] | None:
    document = candidate.operation.document
    content = document.mapping(document.mapping(written).get("content"))
    keys = [str(key) for key in content]
    same = [key for key in keys if media.parse(key).essence == essence]
    # `application/*` and `*/*` stand for it, too.
    wide = [key for key in keys if key in {f"{essence.partition('/')[0]}/*", "*/*"}]
    found = next(iter([*same, *wide]), None)
    if found is None:
        return None
    return _at(_referred(written) or where, "content", found), document.mapping(content[found])


def masked(value: Any, name: str = "") -> Any:
    """A JSON value without credentials, by the names of members and by the form of texts."""
    if isinstance(value, Mapping):
        return {key: masked(item, str(key)) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item, name) for item in value]
    if not isinstance(value, str):
        return value
    if is_random(value) or (is_secret_name(name) and is_worth_hiding(name, value)):
        return MASK
    pieces, at = [], 0
    for span in in_text(value):
        pieces += [value[at : span.start], MASK]
        at = span.end
    return "".join([*pieces, value[at:]])


def _path(candidate: Candidate) -> str:
    operation = candidate.operation.operation
    return _at("$", "paths", operation.path, operation.method)


def _at(start: str, *names: str) -> str:
    """A JSONPath that goes on by names."""
    return start + "".join(f"[{_quoted(name)}]" for name in names)


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _referred(written: Any) -> str:
    """The JSONPath of what a reference leads to, "" for what is no reference."""
    reference = written.get("$ref") if isinstance(written, Mapping) else None
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return ""
    return _at("$", *(part.replace("~1", "/").replace("~0", "~") for part in reference[2:].split("/")))


def _word(name: str) -> str:
    """A name that needs no quotes."""
    return "_".join("".join(one if one.isalnum() else " " for one in name).split())
