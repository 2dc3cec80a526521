"""What a mock begins with, and what outlives it: data files, and a database."""

import json
import sqlite3

import pytest

from cierre.mocks import mock_app
from cierre.mocks.state.store import Full, Store
from cierre.oas.errors import BrokenDocument
from tests.support.library import keeping, library


async def test_collections_begin_with_the_files_of_a_folder(tmp_path):
    (tmp_path / "books.csv").write_text("id,title,price,genre\n7,Siete,9.5,\n8,Ocho,,x\n")
    (tmp_path / "reviews.yaml").write_text(
        "- {id: 0b53b0c4-7c4a-4d3c-9b0e-1f5c3d6f4a11, stars: 5, bookId: 8}\n- {stars: 1, id: 7, bookId: 7}\n"
    )
    (tmp_path / "me.json").write_text('{"name": "Ana"}')
    (tmp_path / "notes.txt").write_text("not for the mock")
    async with keeping(data=tmp_path) as client:
        book = (await client.get("/books/7")).json()
        assert (book["title"], book["price"]) == ("Siete", 9.5)
        assert "genre" not in book
        assert [review["stars"] for review in (await client.get("/books/8/reviews")).json()] == [5]
        assert (await client.get("/me")).json() == {"name": "Ana"}
        assert (await client.post("/books", json={"title": "Nueve"})).json()["id"] == 9
        await client.post("/__mock/reset")
        assert (await client.get("/books")).json()["total"] == 2


async def test_a_download_is_a_beginning(tmp_path):
    async with keeping() as client:
        await client.post("/books", json={"title": "Uno"})
        kept = (await client.get("/__mock/state")).content
    file = tmp_path / "state.json"
    file.write_bytes(kept)
    async with keeping(data=file) as client:
        assert (await client.get("/books/1")).json()["title"] == "Uno"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("boks.json", "[]", "no collection is named 'boks'; did you mean books?"),
        ("books.json", "{}", "books is no list of objects"),
        ("books.yaml", "- 7\n", "books is no list of objects"),
        ("books.json", "[", "cannot be read"),
        ("books.csv", 'id\n"7', "cannot be read"),
    ],
)
def test_a_file_that_is_no_beginning_is_told(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(BrokenDocument) as told:
        mock_app(library(), stateful=True, data=tmp_path)
    assert message in str(told.value)
    assert name in str(told.value)


async def test_a_file_keeps_things_between_runs(tmp_path):
    file = tmp_path / "state.db"
    app = mock_app(library(), stateful=True, state=file)
    app.state.things.store.close()
    async with keeping(state=file) as client:
        await client.post("/books", json={"title": "Uno"})
        made = await client.post("/books", json={"title": "Dos"})
        await client.delete("/books/1")
        await client.put("/books/2", json={"title": "Tres"})
        tag = (await client.get("/books/2")).headers["etag"]
        assert tag != made.headers["etag"]
        with pytest.raises(OSError, match=r"state\.db: database is locked"):
            Store(file)
        client._transport.app.state.things.store.close()
    async with keeping(state=file) as client:
        again = await client.get("/books/2")
        assert (again.json()["title"], again.headers["etag"]) == ("Tres", tag)
        assert (await client.get("/books/1")).status_code == 404
        assert (await client.post("/books", json={"title": "Cuatro"})).json()["id"] == 3
        client._transport.app.state.things.store.close()


def test_another_database_is_not_written_to(tmp_path):
    file = tmp_path / "other.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE users (id)")
    connection.close()
    with pytest.raises(OSError, match="a database of something else"):
        Store(file)
    (tmp_path / "text").write_text("not a database at all, but a text that is longer than a header")
    with pytest.raises(OSError, match="text"):
        Store(tmp_path / "text")


def test_a_store_has_room_for_so_many_things(monkeypatch):
    monkeypatch.setattr("cierre.mocks.state.store.MOST", 2)
    store = Store()
    store.make("books", "1", {}, {})
    store.make("books", "2", {}, {})
    with pytest.raises(Full):
        store.make("books", "3", {}, {})
    store.remove("books", store.find("books", "1", {}))
    store.make("books", "3", {}, {})


async def test_a_full_store_is_told(monkeypatch):
    monkeypatch.setattr("cierre.mocks.state.store.MOST", 0)
    async with keeping() as client:
        refused = await client.post("/books", json={"title": "Uno"})
        assert (refused.status_code, json.loads(refused.content)["status"]) == (507, 507)
