"""Operations with a request to try, the state, and what is wrong with the document."""

import json

from tests.support.console import BOOK, GET, JSON, Console
from tests.support.mocked import document


async def test_an_operation_is_shown_with_its_answers_and_a_request_that_is_valid(console):
    listed = (await console.ask("GET", "operations")).json()["operations"]
    assert [(one["operation"], one["deprecated"], one["tags"]) for one in listed] == [
        ("createBook", True, ["books"]),
        (GET, False, []),
    ]
    shown = (await console.ask("GET", "operation", params={"operation": "createBook"})).json()
    assert [(one["key"], one["status"]) for one in shown["answers"]] == [("201", 201), ("default", 500), ("409", 409)]
    request = shown["request"]
    answer = await console.http.request(
        request["method"], request["path"], content=request["body"], headers=request["headers"]
    )
    assert answer.status_code == 201
    shown = (await console.ask("GET", "operation", params={"operation": GET})).json()
    assert shown["answers"][0]["examples"] == ["short", "long"]
    assert (await console.http.get(shown["request"]["path"])).status_code == 200
    assert (await console.ask("GET", "operation", params={"operation": "x"})).status_code == 404


async def test_the_request_that_is_offered_shows_no_example_that_breaks_its_schema():
    examples = {"broken": {"value": {"title": 7}}, "fine": {"value": {"title": "Fine"}}}
    number = {"name": "n", "in": "query", "required": True, "schema": {"type": "integer"}, "example": "many"}
    operation = {
        "parameters": [number],
        "requestBody": {"content": {JSON: {"schema": BOOK, "examples": examples}}},
        "responses": {"204": {"description": ""}},
    }
    console = Console(document({"/x": {"post": operation}}))
    request = (await console.ask("GET", "operation", params={"operation": "POST /x"})).json()["request"]
    assert json.loads(request["body"]) == {"title": "Fine"}
    target = f"{request['path']}?{request['query']}"
    answer = await console.http.post(target, content=request["body"], headers=request["headers"])
    assert answer.status_code == 204


async def test_the_state_is_counted():
    console = Console(stateful=True)
    status = (await console.ask("GET", "status")).json()
    assert status["state"] == {"books": 2}
    assert (status["title"], status["operations"]) == ("Books", 2)
    await console.http.post("/books", json={"title": "x"})
    assert (await console.ask("GET", "status")).json()["state"] == {"books": 3}
    assert (await Console().ask("GET", "status")).json()["state"] is None


async def test_what_is_wrong_with_the_document_is_told():
    paths = {
        "/x": {
            "get": {
                "responses": {"200": {"description": "", "content": {JSON: {"schema": BOOK, "example": {"title": 7}}}}}
            }
        }
    }
    found = (await Console(document(paths)).ask("GET", "problems")).json()["problems"]
    assert len(found) == 1
    assert "/example" in found[0]["place"]
    assert (await Console().ask("GET", "problems")).json() == {"problems": []}
