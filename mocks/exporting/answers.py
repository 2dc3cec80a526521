"""The answers that a document has for an operation, as a program shows them beside the request."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

from cierre.mocks.answering.examples import examples_of
from cierre.mocks.answering.rendering import RenderedResponse, Renderer
from cierre.mocks.answering.responses import DocumentedResponse, responses_of
from cierre.mocks.answering.selection import Selector
from cierre.mocks.console.operations import status_of
from cierre.mocks.exporting.model import Answer, Field
from cierre.oas.document import Document
from cierre.oas.structure import Operation
from cierre.oas.validation import media

# Characters of a body: a larger one is left out.
_LARGEST = 100_000
_LANGUAGES = {"json": "json", "xml": "xml"}


def answers_of(document: Document, operation: Operation) -> tuple[Answer, ...]:
    """One of each status, or one of each of its examples; of several media types the first."""
    return tuple(_answers(document, operation))


def _answers(document: Document, operation: Operation) -> Iterator[Answer]:
    responses = responses_of(document, operation)
    selector, renderer = Selector(document, responses), Renderer(document)
    for response in responses:
        status = status_of(response, responses)
        for name in _names(document, response) or [None]:
            selection = selector.first_of(response, status, "*/*", name)
            made = renderer.render(selection, seed=f"{operation.method} {operation.path}", dynamic=False)
            title = f"{status} {name}" if name else f"{status} {_phrase(status)}".strip()
            yield _answer(title, made)


def _names(document: Document, response: DocumentedResponse) -> list[str | None]:
    first = next(iter(response.content.values()), None)
    return [*response.situations] if first is None else [*(name or None for name in examples_of(document, first))]


def _answer(name: str, made: RenderedResponse) -> Answer:
    headers = [
        Field(field.decode("latin-1"), text.decode("latin-1"))
        for field, text in made.headers
        if field != b"content-length"
    ]
    kind = next((one.value for one in headers if one.name == "content-type"), "")
    essence = media.parse(kind).essence
    language = "html" if essence == "text/html" else _LANGUAGES.get(media.kind_of(essence), "text")
    return Answer(name, made.status, tuple(headers), _body(made.body), language)


def _body(body: bytes) -> str:
    """The text, "" for what is none or too large to be kept."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return ""
    return text if len(text) <= _LARGEST else ""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
