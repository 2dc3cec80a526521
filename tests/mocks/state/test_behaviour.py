"""A mock that keeps state, in process: what was made is there, and each answer is the document's."""

import json

import pytest

from cierre.mocks.loading import load
from tests.support.library import BOOK, ERROR, NUMBER, TEXT, answer, body, document, in_path, keeping, library

MERGE = {"content-type": "application/merge-patch+json"}
PATCH = {"content-type": "application/json-patch+json"}


async def test_a_book_is_made_listed_read_changed_deleted_and_gone():
    async with keeping() as client:
        made = await client.post("/books", json={"title": "Uno", "genre": None})
        assert made.status_code == 201
        book = made.json()
        assert (book["title"], book["genre"], book["price"]) == ("Uno", None, 5)
        place = made.headers["location"]
        assert place == f"/books/{book['id']}"
        assert (await client.get(place)).json() == book
        assert (await client.get("/books")).json() == {"data": [book], "total": 1}
        changed = await client.patch(place, json={"title": "Dos"})
        assert changed.json() == {**book, "title": "Dos", "updatedAt": changed.json()["updatedAt"]}
        assert (await client.delete(place)).status_code == 204
        gone = await client.get(place)
        assert (gone.status_code, gone.json()) == (404, {"code": "documented"})
        assert (await client.delete(place)).status_code == 404
        assert (await client.get("/books")).json() == {"data": [], "total": 0}


async def test_what_is_the_servers_to_say_is_not_the_clients():
    async with keeping() as client:
        sent = {"title": "Uno", "id": 99, "createdAt": "2001-01-01T00:00:00Z", "notes": "secret"}
        book = (await client.post("/books", json=sent)).json()
        assert book["id"] == 1
        assert book["createdAt"].startswith("20")
        assert not book["createdAt"].startswith("2001")
        assert "notes" not in book
        assert "notes" not in (await client.get("/books/1")).json()
        assert "isbn" not in book  # optional, and nobody said it


async def test_put_replaces_and_keeps_what_the_server_said():
    async with keeping() as client:
        first = (await client.post("/books", json={"title": "Uno", "isbn": "7", "price": 9})).json()
        second = (await client.put("/books/1", json={"title": "Dos"})).json()
        assert "isbn" not in second
        assert (second["price"], second["id"], second["createdAt"]) == (5, 1, first["createdAt"])


async def test_the_content_type_says_what_a_patch_is():
    async with keeping() as client:
        await client.post("/books", json={"title": "Uno", "isbn": "7", "genre": "x"})
        merged = await client.patch("/books/1", content=json.dumps({"isbn": None, "genre": "y"}), headers=MERGE)
        assert "isbn" not in merged.json()
        assert merged.json()["genre"] == "y"
        operations = [{"op": "test", "path": "/genre", "value": "y"}, {"op": "remove", "path": "/genre"}]
        patched = await client.patch("/books/1", content=json.dumps(operations), headers=PATCH)
        assert "genre" not in patched.json()
        again = await client.patch("/books/1", content=json.dumps(operations), headers=PATCH)
        assert (again.status_code, again.json()) == (409, {"code": "documented"})
        null = await client.patch("/books/1", json={"genre": None})
        assert null.json()["genre"] is None


@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        (MERGE, {"title": None}),
        (MERGE, {"title": ["x"]}),
        (PATCH, [{"op": "remove", "path": "/title"}]),
        (PATCH, [{"op": "replace", "path": "/title", "value": 5}]),
        (PATCH, [{"op": "replace", "path": "", "value": []}]),
        (PATCH, [{"op": "nothing", "path": "/title"}]),
    ],
)
async def test_a_patch_that_leaves_no_book_is_refused(kind, patch):
    async with keeping() as client:
        book = (await client.post("/books", json={"title": "Uno"})).json()
        refused = await client.patch("/books/1", content=json.dumps(patch), headers=kind)
        assert refused.status_code == 422
        assert (await client.get("/books/1")).json() == book


async def test_an_old_etag_changes_nothing():
    async with keeping() as client:
        made = await client.post("/books", json={"title": "Uno"})
        tag = {"if-match": made.headers["etag"]}
        assert (await client.put("/books/1", json={"title": "Dos"}, headers=tag)).status_code == 200
        late = await client.put("/books/1", json={"title": "Tres"}, headers=tag)
        assert (late.status_code, late.json()) == (412, {"code": "documented"})
        assert (await client.delete("/books/1", headers=tag)).status_code == 412
        read = await client.get("/books/1")
        assert read.json()["title"] == "Dos"
        same = await client.get("/books/1", headers={"if-none-match": read.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")


async def test_reviews_are_of_their_book():
    async with keeping() as client:
        for title in ("Uno", "Dos"):
            await client.post("/books", json={"title": title})
        made = await client.post("/books/2/reviews", json={"stars": 5})
        assert made.headers["location"] == f"/books/2/reviews/{made.json()['id']}"
        assert (await client.get("/books/2/reviews")).json() == [made.json()]
        assert (await client.get("/books/1/reviews")).json() == []
        assert (await client.get(f"/books/1/reviews/{made.json()['id']}")).status_code == 404
        assert (await client.get("/books/7/reviews")).status_code == 404
        assert (await client.post("/books/7/print")).status_code == 404
        assert (await client.post("/books/2/print")).status_code == 202
        await client.delete("/books/2")
        assert (await client.get("/__mock/state")).json()["reviews"] == []


async def test_lists_are_filtered_sorted_and_paged():
    async with keeping() as client:
        for title, price in (("Uno", 1), ("Dos", 2), ("Tres", 3)):
            await client.post("/books", json={"title": title, "price": price})

        async def titles(query):
            return [book["title"] for book in (await client.get(f"/books?{query}")).json()["data"]]

        assert await titles("price_gte=2&sort=title") == ["Dos", "Tres"]
        assert await titles("q=un") == ["Uno"]
        assert await titles("per_page=2&page=2") == ["Tres"]


async def test_a_singleton_is_what_was_put_there():
    async with keeping() as client:
        assert (await client.get("/me")).json() == {"name": "string"}
        await client.put("/me", json={"name": "Ana"})
        assert (await client.get("/me")).json() == {"name": "Ana"}


async def test_an_invalid_request_changes_nothing():
    async with keeping() as client:
        assert (await client.post("/books", json={"title": ""})).status_code == 422
        assert (await client.get("/books")).json()["total"] == 0


async def test_prefer_goes_before_the_state():
    async with keeping() as client:
        refused = await client.post("/books", json={"title": "Uno"}, headers={"prefer": "code=409"})
        assert refused.status_code == 409
        assert (await client.get("/books")).json()["total"] == 0


async def test_the_state_is_downloaded_replaced_and_reset():
    async with keeping() as client:
        await client.post("/books", json={"title": "Uno"})
        kept = (await client.get("/__mock/state")).json()
        assert [book["title"] for book in kept["books"]] == ["Uno"]
        assert (await client.post("/__mock/reset")).status_code == 204
        assert (await client.get("/books")).json()["total"] == 0
        assert (await client.put("/__mock/state", json=kept)).status_code == 204
        assert (await client.get("/books/1")).json()["title"] == "Uno"
        assert (await client.put("/__mock/state", json={"boks": []})).status_code == 400
        assert (await client.put("/__mock/state", content=b"{}")).status_code == 415
        assert (await client.get("/__mock/reset")).status_code == 405
        stranger = {"origin": "https://example.com"}
        assert (await client.post("/__mock/reset", headers=stranger)).status_code == 403


async def test_an_edit_of_the_document_keeps_what_was_made():
    async with keeping() as client:
        await client.post("/books", json={"title": "Uno"})
        edited = library()
        del edited["paths"]["/books/{bookId}"]["delete"]
        client._transport.app.install(load(edited))
        assert (await client.get("/books/1")).json()["title"] == "Uno"
        assert (await client.delete("/books/1")).status_code == 405


def with_examples(examples, **more):
    """Books that can be listed and read, with an example of the list."""
    listing = answer({"type": "array", "items": BOOK}, **examples)
    paths = {
        "/books": {"get": {"responses": {"200": listing}}, **more},
        "/books/{id}": {
            "parameters": [in_path("id", NUMBER)],
            "get": {"responses": {"200": answer(BOOK), "404": answer(ERROR)}},
        },
    }
    return document(paths)


async def test_the_documents_examples_are_there_at_the_beginning():
    book = {"id": 7, "title": "Siete", "createdAt": "2026-01-01T00:00:00Z"}
    async with keeping(with_examples({"example": [book]})) as client:
        assert (await client.get("/books/7")).json()["title"] == "Siete"
        assert (await client.get("/books/8")).status_code == 404


async def test_what_nobody_can_make_begins_with_what_the_list_shows():
    async with keeping(with_examples({})) as client:
        listed = (await client.get("/books")).json()
        assert len(listed) == 1
        assert (await client.get(f"/books/{listed[0]['id']}")).json() == listed[0]


@pytest.mark.parametrize("unique", ["isbn", "email"])
async def test_a_second_one_of_the_same_name_is_a_conflict(unique):
    schema = {"type": "object", "properties": {"isbn": TEXT, "email": TEXT}, "required": ["isbn"]}
    paths = {
        "/books": {
            "post": {"requestBody": body(schema), "responses": {"201": answer(schema), "409": answer(ERROR)}},
            "get": {"responses": {"200": answer({"type": "array", "items": schema})}},
        },
        "/books/{isbn}": {
            "parameters": [in_path("isbn", TEXT)],
            "get": {"responses": {"200": answer(schema)}},
        },
    }
    async with keeping(document(paths)) as client:
        first = {"isbn": "1", "email": "a@example.com"}
        assert (await client.post("/books", json=first)).status_code == 201
        again = {"isbn": "2", "email": "b@example.com", unique: first[unique]}
        refused = await client.post("/books", json=again)
        assert (refused.status_code, refused.json()) == (409, {"code": "documented"})


async def test_put_makes_what_is_not_there_with_201():
    putting = {"requestBody": body(BOOK), "responses": {"200": answer(BOOK), "201": answer(BOOK)}}
    item = {"parameters": [in_path("id", NUMBER)], "put": putting, "get": {"responses": {"200": answer(BOOK)}}}
    async with keeping(document({"/books/{id}": item})) as client:
        assert (await client.get("/books/7")).status_code == 404
        statuses = [(await client.put("/books/7", json={"title": title})).status_code for title in ("Uno", "Dos")]
        assert statuses == [201, 200]
        read = (await client.get("/books/7")).json()
        assert (read["id"], read["title"]) == (7, "Dos")


async def test_what_nothing_makes_is_there_until_it_is_deleted():
    item = {
        "parameters": [in_path("id", NUMBER)],
        "get": {"responses": {"200": answer(BOOK)}},
        "patch": {"requestBody": body(BOOK), "responses": {"200": answer(BOOK)}},
        "delete": {"responses": {"204": answer()}},
    }
    async with keeping(document({"/books/{id}": item})) as client:
        assert (await client.get("/books/7")).json()["id"] == 7
        await client.patch("/books/7", json={"title": "Dos"})
        assert (await client.get("/books/7")).json()["title"] == "Dos"
        assert (await client.delete("/books/8")).status_code == 204
        assert (await client.get("/books/8")).status_code == 404


async def test_links_and_totals_are_told_where_the_document_has_them():
    page = {
        "type": "object",
        "properties": {
            "results": {"type": "array", "items": BOOK},
            "count": NUMBER,
            "next": {**TEXT, "nullable": True, "format": "uri", "example": "https://example.com/?page=2"},
            "meta": {"type": "object", "properties": {"has_more": {"type": "boolean"}, "pages": NUMBER}},
        },
    }
    spec = library()
    spec["paths"]["/books"]["get"]["responses"]["200"] = {
        **answer(page),
        "headers": {"Link": {"schema": TEXT}, "X-Total-Count": {"schema": NUMBER}},
    }
    async with keeping(spec) as client:
        for title in ("Uno", "Dos"):
            await client.post("/books", json={"title": title})
        first = await client.get("/books?per_page=1")
        assert first.json()["count"] == 2
        assert first.json()["next"] == "http://localhost/books?per_page=1&page=2"
        assert first.json()["meta"] == {"has_more": True, "pages": 2}
        assert first.headers["link"] == '<http://localhost/books?per_page=1&page=2>; rel="next"'
        assert first.headers["x-total-count"] == "2"
        assert (await client.get(first.json()["next"])).json()["next"] is None


async def test_ids_are_of_the_form_that_the_document_shows():
    schema = {"type": "object", "properties": {"id": {**TEXT, "example": "cus_NffrFeUfNV2Hib"}, "name": TEXT}}
    sent = {"type": "object", "properties": {"name": TEXT}}
    paths = {
        "/customers": {"post": {"requestBody": body(sent), "responses": {"200": answer(schema)}}},
        "/customers/{customer}": {
            "parameters": [in_path("customer", TEXT)],
            "get": {"responses": {"200": answer(schema)}},
        },
    }
    async with keeping(document(paths), seed="7") as client:
        ids = [(await client.post("/customers", json={"name": name})).json()["id"] for name in ("Ana", "Eva")]
        assert all(len(own) == 18 and own.startswith("cus_") for own in ids)
        assert ids[0] != ids[1]
        assert (await client.get(f"/customers/{ids[0]}")).json()["name"] == "Ana"
