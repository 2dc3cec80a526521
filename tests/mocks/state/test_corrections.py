"""`x-cierre-state`: what its author says goes before what is inferred, and mistakes in it are told."""

import pytest

from cierre.mocks.loading import load
from cierre.mocks.state.corrections import read_corrections
from cierre.mocks.state.inference import infer
from cierre.oas.errors import BrokenDocument
from tests.support.library import library


def model_of(**said):
    document = load(library(**{"x-cierre-state": said}))
    return infer(document, read_corrections(document))


def test_operations_and_paths_that_are_ignored_keep_no_state():
    model = model_of(ignore=["createBook", "/me"])
    assert {"POST /books", "GET /me", "PUT /me"} <= set(model.stateless)


def test_what_is_said_of_a_resource_replaces_what_was_inferred():
    model = model_of(
        resources={"books": {"id": "isbn", "unique": ["title"], "seed": False, "filters": {"title": None, "q": "isbn"}}}
    )
    books = model.resources["books"]
    assert (books.id, books.unique, books.seeded) == (("isbn",), ("title",), False)
    filters = model.parts["GET /books"].listing.filters
    assert "title" not in filters
    assert filters["q"].member == ("isbn",)
    assert filters["genre"].member == ("genre",)


def test_an_operation_can_be_given_another_role():
    model = model_of(resources={"books": {"delete": "POST /books/{id}/print"}})
    assert model.parts["POST /books/{id}/print"].role == "delete"
    assert "DELETE /books/{bookId}" not in model.parts or model.parts["DELETE /books/{bookId}"].role == "below"


def test_a_resource_that_was_not_found_is_said_by_its_paths():
    model = model_of(resources={"health": {"item": "/health", "singleton": True}})
    assert model.parts["GET /health"].role == "read"
    assert model.resources["health"].singleton


def test_where_things_are_can_be_said():
    model = model_of(resources={"books": {"thing": "", "things": "data", "sent": "book"}})
    part = model.parts["POST /books"]
    assert (part.shown, part.sent, model.parts["GET /books"].shown) == ((), ("book",), ("data",))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"resource": {}}, "resource"),
        ({"resources": {"books": {"ids": "isbn"}}}, "ids"),
        ({"resources": {"books": {"unique": "isbn"}}}, "unique"),
        ({"resources": {"books": {"item": "/book/{bookId}"}}}, "did you mean /books/{bookId}?"),
        ({"resources": {"books": {"create": "makeBook"}}}, "'makeBook' is not in the document"),
        ({"ignore": ["/helth"]}, "did you mean /health?"),
    ],
)
def test_a_mistake_is_told_with_what_could_have_been_meant(said, message):
    with pytest.raises(BrokenDocument) as told:
        model_of(**said)
    assert message in str(told.value)
    assert "[state]" in str(told.value)


def test_a_mistake_has_its_line(tmp_path):
    file = tmp_path / "openapi.yaml"
    file.write_text(
        "openapi: 3.0.3\ninfo: {title: a, version: '1'}\npaths: {}\nx-cierre-state:\n  ignore:\n    - /nothing\n"
    )
    with pytest.raises(BrokenDocument) as told:
        read_corrections(load(file))
    assert f"{file.name}:6:7" in str(told.value)


def test_a_file_beside_the_document_goes_before_it(tmp_path):
    file = tmp_path / "state.yaml"
    file.write_text("resources:\n  books:\n    id: isbn\n")
    document = load(library(**{"x-cierre-state": {"resources": {"books": {"id": "title"}, "me": {"seed": False}}}}))
    found = read_corrections(document, file)
    assert (found.resources["books"].id, found.resources["me"].seed) == (("isbn",), False)
    file.write_text("resources:\n  books: {ids: isbn}\n")
    with pytest.raises(BrokenDocument, match=r"state\.yaml:2:11: /resources/books"):
        read_corrections(document, file)
    file.write_text("x-cierre-state:\n  resources: {books: {ids: isbn}}\n")
    with pytest.raises(BrokenDocument, match=r"state\.yaml:2:23: /resources/books"):
        read_corrections(document, file)
    file.write_text("resources: [\n")
    with pytest.raises(BrokenDocument, match=r"state\.yaml:2:1: "):
        read_corrections(document, file)
