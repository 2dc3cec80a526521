"""`cierre spec collection` for Postman: what is written, and that a mock accepts each request of it."""

import pytest

from cierre.mocks.exporting.collecting import collect
from cierre.mocks.exporting.postman import postman
from cierre.mocks.loading import load
from cierre.oas.validation import compile_schema
from tests.support.collections import AWKWARD, SWAGGER, Sender, documents, requests_in, text_of
from tests.support.library import answer, document

TEXT = {"type": "string"}
PAIRS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["key", "value"],
        "properties": {
            "key": TEXT,
            "value": {"type": ["string", "null"]},
            "disabled": {"type": "boolean"},
            "description": TEXT,
            "type": {"enum": ["text", "string"]},
            "contentType": TEXT,
        },
        "additionalProperties": False,
    },
}
AUTH = {
    "type": "object",
    "required": ["type"],
    "properties": {
        "type": {"enum": ["noauth", "basic", "digest", "bearer", "apikey", "oauth2"]},
        **dict.fromkeys(("basic", "digest", "bearer", "apikey", "oauth2"), PAIRS),
    },
    "additionalProperties": False,
}
URL = {
    "type": "object",
    "required": ["raw", "host", "path"],
    "properties": {
        "raw": TEXT,
        "host": {"type": "array", "items": TEXT},
        "path": {"type": "array", "items": TEXT},
        "query": PAIRS,
        "variable": PAIRS,
    },
    "additionalProperties": False,
}
REQUEST = {
    "type": "object",
    "required": ["method", "url", "header"],
    "properties": {
        "method": TEXT,
        "url": URL,
        "header": PAIRS,
        "auth": AUTH,
        "description": TEXT,
        "body": {
            "type": "object",
            "required": ["mode"],
            "properties": {
                "mode": {"enum": ["raw", "urlencoded", "formdata"]},
                "raw": TEXT,
                "urlencoded": PAIRS,
                "formdata": PAIRS,
                "options": {"type": "object"},
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
RESPONSE = {
    "type": "object",
    "required": ["name", "originalRequest", "code", "status", "header", "body", "cookie"],
    "properties": {"originalRequest": REQUEST, "code": {"type": "integer"}, "header": PAIRS, "body": TEXT},
}
# What format 2.1.0 says, as far as we write it.
SCHEMA = {
    "type": "object",
    "required": ["info", "item"],
    "properties": {
        "info": {
            "type": "object",
            "required": ["name", "schema"],
            "properties": {"schema": {"const": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}},
        },
        "item": {"type": "array", "items": {"$ref": "#/$defs/item"}},
        "auth": AUTH,
        "variable": PAIRS,
    },
    "additionalProperties": False,
    "$defs": {
        "item": {
            "anyOf": [
                {
                    "type": "object",
                    "required": ["name", "request"],
                    "properties": {"request": REQUEST, "response": {"type": "array", "items": RESPONSE}},
                },
                {
                    "type": "object",
                    "required": ["name", "item"],
                    "properties": {"item": {"type": "array", "items": {"$ref": "#/$defs/item"}}},
                },
            ]
        }
    },
}
NAMES = ("contract", "awkward", "library", "shop", "swagger")


def written(spec):
    return postman(collect(load(spec)))


def named(collection):
    return {item["name"]: item for item in requests_in(collection["item"])}


@pytest.fixture(scope="module")
def known():
    return documents()


@pytest.mark.parametrize("name", NAMES)
def test_it_is_of_postmans_format_and_the_same_each_time(known, name):
    collection = postman(collect(known[name]))
    assert compile_schema(SCHEMA, SCHEMA, version="3.1", direction="request").violations(collection) == []
    assert text_of(collection) == text_of(postman(collect(documents()[name])))
    assert len(list(requests_in(collection["item"]))) == len(list(known[name].operations()))


@pytest.mark.parametrize("name", NAMES)
async def test_a_mock_of_the_document_accepts_each_request(known, name):
    sender = Sender(known[name])
    for item in requests_in(sender.written["item"]):
        answered = await sender.send(item)
        assert answered.is_success, (item["name"], answered.status_code, answered.text)


def test_there_is_a_folder_for_each_tag_and_for_a_tag_below_another():
    items = written(AWKWARD)["item"]
    folders = {item["name"]: [one["name"] for one in item["item"]] for item in items if "item" in item}
    assert folders["a/b"] == [
        "inner",
        "Same name (GET /books/:book-id)",
        "Same name (DELETE /books/:book-id)",
    ]
    assert folders["CON"] == ["GET /files/{name}.{ext}"]
    # What has no tag is beside the folders.
    assert "GET /cookie" in [item["name"] for item in items]


def test_variables_have_the_servers_and_no_credential():
    variables = {one["key"]: one["value"] for one in written(AWKWARD)["variable"]}
    assert variables == {
        "baseUrl": "https://api.example.com/v1",
        "baseUrl2": "http://127.0.0.1:4010",
        **dict.fromkeys(("token", "basic_username", "basic_password", "key", "inquery", "incookie", "oauth"), ""),
        **dict.fromkeys(("oauth_clientId", "oauth_clientSecret"), ""),
    }
    assert "hidden" not in text_of(written(AWKWARD))


@pytest.mark.parametrize(
    ("servers", "url"),
    [
        (None, "http://localhost:4010"),
        ([{"url": "/"}], "http://localhost:4010"),
        ([{"url": "/v1/"}], "http://localhost:4010/v1"),
        ([{"url": "//api.example.com/x"}], "http://api.example.com/x"),
        (
            [{"url": "https://{at}.example.com:8443", "variables": {"at": {"default": "eu"}}}],
            "https://eu.example.com:8443",
        ),
        ([7, {"url": None}, {"url": "http://[broken"}], "http://localhost:4010"),
    ],
)
def test_the_url_is_the_first_servers_and_the_mocks_where_there_is_none(servers, url):
    spec = document(
        {"/x": {"get": {"responses": {"200": answer()}}}}, **({} if servers is None else {"servers": servers})
    )
    # What a document says of servers is not always of a form that it may have.
    collection = postman(collect(load(spec, lenient=True)))
    assert collection["variable"][0] == {"key": "baseUrl", "value": url, "type": "string"}


def test_schemes_are_postmans_own_and_what_they_leave_is_a_field():
    items = named(written(AWKWARD))

    def auth(name):
        return items[name]["request"].get("auth")

    assert written(AWKWARD)["auth"]["bearer"][0]["value"] == "{{token}}"
    assert auth("POST /text") is None
    assert auth("GET /open") == {"type": "noauth"}
    assert [one["value"] for one in auth("POST /form")["basic"]] == ["{{basic_username}}", "{{basic_password}}"]
    assert {one["key"]: one["value"] for one in auth("PUT /xml")["apikey"]} == {
        "key": "api_key", "value": "{{inquery}}", "in": "query",
    }  # fmt: skip
    oauth = {one["key"]: one["value"] for one in auth("GET /oauth")["oauth2"]}
    assert oauth["accessToken"] == "{{oauth}}"
    assert (oauth["grant_type"], oauth["scope"]) == ("client_credentials", "read")
    headers = {one["key"]: one["value"] for one in items["GET /cookie"]["request"]["header"]}
    assert headers["Cookie"] == "session={{incookie}}"
    both = items["GET /both"]["request"]
    assert (auth("GET /both"), both["header"]) == (None, [{"key": "X-Key", "value": "{{key}}"}])


def test_path_variables_stay_where_a_segment_is_one():
    items = named(written(AWKWARD))
    url = items["Same name (GET /books/:book-id)"]["request"]["url"]
    assert url["raw"] == "{{baseUrl}}/books/:book-id"
    assert url["variable"] == [{"key": "book-id", "value": "a%20b%2F%C3%BC%25"}]
    assert items["GET /files/{name}.{ext}"]["request"]["url"]["path"] == ["files", "report.pdf"]
    assert items["POST /:colon/batch:get"]["request"]["url"]["path"] == ["%3Acolon", "batch:get"]


def test_members_of_forms_are_written_as_their_encoding_says():
    items = named(written(AWKWARD))
    fields = items["POST /nested"]["request"]["body"]["urlencoded"]
    assert [(one["key"], one["value"]) for one in fields] == [
        ("deep[a][b][0]", "1"),
        ("deep[a][b][1]", "2"),
        ("items", '[{"n":7}]'),
        ("few", "x,y"),
    ]
    assert [one["key"] for one in items["POST /form"]["request"]["body"]["urlencoded"]] == ["a", "list", "list"]
    assert items["GET /search"]["request"]["url"]["raw"] == "{{baseUrl}}/search?q=a%20b%26c"


def test_what_may_be_left_out_is_there_and_switched_off():
    query = named(written(AWKWARD))["GET /files/{name}.{ext}"]["request"]["url"]["query"]
    assert [(one["key"], one.get("disabled", False)) for one in query] == [
        *[("tags", False)] * 3, ("filter[state]", False), ("pipe", False), ("page", True),
    ]  # fmt: skip
    assert "page" not in named(written(AWKWARD))["GET /files/{name}.{ext}"]["request"]["url"]["raw"]


def test_answers_of_the_document_are_saved_with_the_request(known):
    logout = named(postman(collect(known["contract"])))["Close the caller's session, one device's, or all"]
    saved = {one["name"]: one for one in logout["response"]}
    assert saved["200 single_device"]["code"] == 200
    assert '"success":true' in saved["200 single_device"]["body"]
    assert saved["404 already_closed"]["_postman_previewlanguage"] == "json"
    [made] = named(written(SWAGGER))["POST /pets"]["response"]
    assert (made["name"], made["status"], made["body"]) == ("201 Created", "Created", '{"name":"string"}')


def test_a_document_without_operations_is_an_empty_collection():
    collection = written(document({}))
    assert (collection["item"], collection["auth"]) == ([], {"type": "noauth"})


def test_what_is_odd_in_a_document_is_no_error():
    paths = {
        "/a": {"get": {"tags": "no list", "summary": 7, "responses": {"200": answer()}}},
        "/b": {"get": {"tags": [" \n"], "security": "none", "responses": {"default": answer({"type": "string"})}}},
        "/c/{undeclared}": {"get": {"responses": {"200": answer(), "599": answer()}}},
    }
    collection = postman(collect(load(document(paths, tags=[7, {"name": "x"}]), lenient=True)))
    names = [item["name"] for item in requests_in(collection["item"])]
    assert sorted(names) == ["GET /a", "GET /b", "GET /c/{undeclared}"]
