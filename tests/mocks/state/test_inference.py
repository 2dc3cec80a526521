"""What a document is taken to keep, on small documents."""

import pytest

from cierre.mocks.loading import load
from cierre.mocks.state.inference import infer
from cierre.mocks.state.resources import Filter
from tests.support.library import BOOK, NUMBER, TEXT, answer, body, document, in_path, in_query, library

BOOKS = {"type": "array", "items": BOOK}


def model_of(spec):
    return infer(load(spec))


def roles(model, name):
    return {part.role: part.operation.label for part in model.parts_of(model.resources[name])}


def item(path="/books/{id}", **methods):
    name = path.rpartition("{")[2].rstrip("}")
    return {path: {"parameters": [in_path(name, TEXT)], **methods}}


READ = {"responses": {"200": answer(BOOK)}}
LIST = {"responses": {"200": answer(BOOKS)}}
MAKE = {"requestBody": body(BOOK), "responses": {"201": answer(BOOK)}}


def test_methods_of_collection_and_item_are_one_resource():
    model = model_of(library())
    assert roles(model, "books") == {
        "create": "POST /books",
        "list": "GET /books",
        "read": "GET /books/{bookId}",
        "replace": "PUT /books/{bookId}",
        "change": "PATCH /books/{bookId}",
        "delete": "DELETE /books/{bookId}",
        "below": "POST /books/{id}/print",
    }
    assert model.resources["books"].id == ("id",)
    assert model.stateless == ("GET /health",)


def test_what_is_nested_has_its_parent_whatever_the_variables_are_named():
    part = model_of(library()).parts["POST /books/{id}/reviews"]
    assert (part.resource.name, part.parent_of.name) == ("reviews", "books")


def test_one_of_its_kind_is_a_singleton():
    resource = model_of(library()).resources["me"]
    assert resource.singleton
    assert resource.is_assumed


def test_what_can_only_be_read_keeps_no_state():
    model = model_of(document({"/health": {"get": READ}, **item(get=READ)}))
    assert model.resources == {}


@pytest.mark.parametrize(
    ("parameter", "members", "expected"),
    [
        ("bookId", {"id": NUMBER, "title": TEXT}, ("id",)),
        ("isbn", {"id": TEXT, "isbn": TEXT}, ("isbn",)),
        ("book_number", {"id": NUMBER, "number": NUMBER}, ("number",)),
        ("book", {"book": TEXT, "id": TEXT}, ("id",)),
        ("username", {"id": NUMBER, "login": TEXT}, ("login",)),
        ("name", {"metadata": {"type": "object", "properties": {"name": TEXT}}, "spec": TEXT}, ("metadata", "name")),
        ("bookId", {"title": TEXT}, ()),
    ],
)
def test_the_id_is_the_member_that_the_path_names(parameter, members, expected):
    schema = {"type": "object", "properties": members}
    reading = {"responses": {"200": answer(schema)}}
    spec = document({"/books": {"post": MAKE}, **item(f"/books/{{{parameter}}}", get=reading)})
    assert model_of(spec).resources["books"].id == expected


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (BOOKS, ()),
        ({"type": "object", "properties": {"data": BOOKS, "errors": {"type": "array", "items": TEXT}}}, ("data",)),
        ({"type": "object", "properties": {"books": BOOKS, "data": {"type": "object"}}}, ("books",)),
        (
            {"type": "object", "properties": {"_embedded": {"type": "object", "properties": {"books": BOOKS}}}},
            ("_embedded", "books"),
        ),
        ({"type": "object", "properties": {"volumes": BOOKS}}, ("volumes",)),
    ],
)
def test_the_list_is_found_in_its_envelope(schema, expected):
    listing = {"responses": {"200": answer(schema)}}
    model = model_of(document({"/books": {"get": listing, "post": MAKE}, **item(get=READ)}))
    assert model.parts["GET /books"].shown == expected


def test_a_thing_is_found_in_its_envelope_in_answers_and_in_requests():
    wrapped = {"type": "object", "properties": {"book": BOOK}}
    making = {"requestBody": body(wrapped), "responses": {"201": answer(wrapped)}}
    reading = {"responses": {"200": answer(wrapped)}}
    part = model_of(document({"/books": {"post": making}, **item(get=reading)})).parts["POST /books"]
    assert (part.sent, part.shown, part.resource.id) == (("book",), ("book",), ("id",))


def test_parameters_of_a_list_are_read_by_their_names():
    named = ("title", "price_gte", "createdAfter", "q", "page", "per_page", "sort", "order", "unknown")
    listing = {"parameters": in_query(**dict.fromkeys(named, TEXT)), **LIST}
    found = model_of(document({"/books": {"get": listing, "post": MAKE}})).parts["GET /books"].listing
    assert found.filters == {
        "title": Filter(("title",)),
        "price_gte": Filter(("price",), "gte"),
        "createdAfter": Filter(("createdAt",), "gt"),
    }
    assert (found.search, found.page, found.size, found.sort, found.direction) == (
        ("q",),
        "page",
        "per_page",
        "sort",
        "order",
    )


def test_things_that_are_made_elsewhere_are_the_same_things():
    spec = document({"/users/{id}/books": {"parameters": [in_path("id", TEXT)], "post": MAKE}, **item(get=READ)})
    assert roles(model_of(spec), "books") == {"create": "POST /users/{id}/books", "read": "GET /books/{id}"}


def test_a_post_to_an_item_changes_it_where_nothing_else_does():
    model = model_of(document({"/books": {"post": MAKE}, **item(get=READ, post=MAKE, delete={"responses": {}})}))
    assert roles(model, "books")["change"] == "POST /books/{id}"


@pytest.mark.parametrize(("answers", "makes"), [({"200", "201"}, True), ({"200"}, True), ({"200", "404"}, False)])
def test_a_put_makes_what_is_not_there_where_the_document_lets_it(answers, makes):
    putting = {"requestBody": body(BOOK), "responses": {status: answer(BOOK) for status in answers}}
    model = model_of(document(item(get=READ, put=putting)))
    assert model.parts["PUT /books/{id}"].makes_unknown is makes
    assert model.resources["books"].is_assumed is not makes


def test_two_of_one_name_are_named_after_all_of_their_path():
    both = {**item("/a/books/{id}", get=READ, delete={"responses": {}}), "/a/books": {"post": MAKE}}
    both |= {**item("/b/books/{id}", get=READ, delete={"responses": {}}), "/b/books": {"post": MAKE}}
    assert set(model_of(document(both)).resources) == {"a.books", "b.books"}


def test_names_are_unique_where_making_may_be_answered_with_409():
    schema = {"type": "object", "properties": {"id": NUMBER, "email": TEXT}}
    making = {"requestBody": body(schema), "responses": {"201": answer(schema), "409": answer()}}
    model = model_of(document({"/users": {"post": making, "get": {"responses": {"200": answer(schema)}}}}))
    assert model.resources == {}  # no list, and no item
    reading = {"responses": {"200": answer(schema)}}
    model = model_of(document({"/users": {"post": making}, **item("/users/{id}", get=reading)}))
    assert model.resources["users"].unique == ("email",)


@pytest.mark.parametrize("holder", ["path", "operation"])
def test_a_path_or_operation_that_says_so_keeps_no_state(holder):
    reading = {**READ, "x-cierre-state": False} if holder == "operation" else READ
    paths = {"/books": {"get": LIST, "post": MAKE}, **item(get=reading, delete={"responses": {}})}
    if holder == "path":
        paths["/books/{id}"]["x-cierre-state"] = False
    assert "GET /books/{id}" in model_of(document(paths)).stateless


@pytest.mark.parametrize("path", ["/books/query", "/listAllBooks", "/search"])
def test_a_post_that_asks_makes_nothing(path):
    assert model_of(document({path: {"get": LIST, "post": MAKE}})).resources == {}


def test_a_list_can_be_a_thing():
    assert set(model_of(document({"/list-items": {"get": LIST, "post": MAKE}})).resources) == {"list-items"}


def test_calls_of_functions_are_no_resources():
    paths = {f"/#Action={name}": {"get": LIST, "post": MAKE} for name in ("List", "Make")}
    assert model_of(document(paths)).resources == {}
