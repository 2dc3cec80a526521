"""`cierre spec collection --format bruno`: the folder that is written. Bruno's runner opens it in tests/end_to_end."""

import json
from textwrap import dedent

import pytest

from cierre.mocks.exporting.bruno import bruno
from cierre.mocks.exporting.collecting import collect
from cierre.mocks.loading import load
from tests.support.collections import AWKWARD, documents
from tests.support.library import answer, document


@pytest.fixture(scope="module")
def files():
    return bruno(collect(load(AWKWARD)))


def block(text, name):
    """The lines of a block, without their indentation."""
    inside = text.partition(f"{name} {{\n")[2].partition("\n}\n")[0]
    return dedent(inside).split("\n")


def test_there_is_a_file_for_each_operation_and_a_folder_for_each_tag(files):
    assert sorted(files) == [
        "CON-/GET -files-name-.-ext.bru",
        "CON-/folder.bru",
        "GET -both.bru",
        "GET -cookie.bru",
        "GET -mail-file=-file-&kind=x.bru",
        "GET -oauth.bru",
        "GET -open.bru",
        "GET -other.bru",
        "GET -search.bru",
        "POST -colon-batch-get.bru",
        "POST -form.bru",
        "POST -nested.bru",
        "POST -text.bru",
        "POST -upload.bru",
        "PUT -xml.bru",
        "a-b/GETBOOK 2.bru",
        "a-b/folder.bru",
        "a-b/getBook.bru",
        "a-b/inner/QUERY -books-book-id.bru",
        "a-b/inner/folder.bru",
        "bruno.json",
        "collection.bru",
        "environments/default.bru",
    ]
    assert json.loads(files["bruno.json"])["name"] == 'Awkward: "quotes" / slashes'
    assert block(files["a-b/folder.bru"], "meta") == ["name: a/b", "seq: 1"]


@pytest.mark.parametrize("name", ["contract", "library", "shop", "swagger"])
def test_the_same_document_gives_the_same_files(name):
    made = bruno(collect(documents()[name]))
    assert list(made.items()) == list(bruno(collect(documents()[name])).items())
    assert sum(file.endswith(".bru") and "\nurl:" in text.replace("  ", "") for file, text in made.items()) == len(
        list(documents()[name].operations())
    )


def test_credentials_are_secrets_of_the_environment(files):
    environment = files["environments/default.bru"]
    assert block(environment, "vars") == ["baseUrl: https://api.example.com/v1", "baseUrl2: http://127.0.0.1:4010"]
    assert "vars:secret [\n  token,\n" in environment
    assert "hidden" not in "".join(files.values())


def test_requests_inherit_what_the_collection_has(files):
    assert block(files["collection.bru"], "auth") == ["mode: bearer"]
    assert block(files["collection.bru"], "auth:bearer") == ["token: {{token}}"]
    assert "auth: inherit" in block(files["POST -text.bru"], "post")
    assert "auth: none" in block(files["GET -open.bru"], "get")
    assert block(files["POST -form.bru"], "auth:basic")[0] == "username: {{basic_username}}"
    # Its command line sends no key of a query by itself.
    assert "url: {{baseUrl}}/xml?api_key={{inquery}}" in block(files["PUT -xml.bru"], "put")


def test_a_method_that_it_does_not_know_is_named(files):
    assert block(files["a-b/inner/QUERY -books-book-id.bru"], "http")[:2] == [
        "method: query", "url: {{baseUrl}}/books/:book-id",
    ]  # fmt: skip


def test_no_line_of_a_text_ends_its_block(files):
    assert block(files["POST -text.bru"], "body:text") == ["}", "  two", ""]
    assert block(files["collection.bru"], "docs") == ["Braces:", "}", "end"]
    upload = block(files["POST -upload.bru"], "body:multipart-form")
    assert upload[:4] == ["file: '''", "  line one", "  line two", "'''"]
    assert 'meta: {"n":1} @contentType(application/json)' in upload


def test_names_of_files_are_short_and_differ_on_each_system():
    paths = {
        f"/{'x' * 300}/{number}": {"get": {"tags": ["..", "aux"][:1], "responses": {"200": answer()}}}
        for number in range(3)
    }
    paths["/folder"] = {"get": {"tags": ["node_modules"], "operationId": "Folder", "responses": {"200": answer()}}}
    made = sorted(bruno(collect(load(document(paths)))))
    assert "node-modules/Folder 2.bru" in made
    assert len({name.casefold() for name in made}) == len(made)
    assert max(len(part) for name in made for part in name.split("/")) < 100
    assert not any(part in {".", ".."} for name in made for part in name.split("/"))
