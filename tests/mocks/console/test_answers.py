"""Answers that are set: in their order, so many times, for one session."""

import pytest

from cierre.mocks.console import answers
from tests.support.console import GET


async def test_answers_are_used_in_their_order_and_as_often_as_they_say(console):
    await console.answers(answers=[{"status": 404, "times": 2}, {"example": "long"}])
    assert [(await console.http.get("/books/1")).status_code for _ in range(3)] == [404, 404, 200]
    assert (await console.http.get("/books/1")).json() == {"title": "B", "pages": 900}
    await console.answers("POST", status=200, example="short", times=1)
    left = (await console.ask("GET", "answers")).json()["set"]
    assert left == [
        {
            "operation": GET,
            "session": "",
            "answers": [{"status": 200, "example": "short", "times": 1}, {"example": "long"}],
        }
    ]
    answer = await console.http.get("/books/1")
    assert answer.json() == {"title": "A"}
    assert (await console.ask("GET", "calls")).json()["calls"][0]["why"].endswith("; set at /__mock/")
    # What a request asks for itself goes before.
    assert (await console.http.get("/books/1", headers={"Prefer": "example=short"})).json() == {"title": "A"}
    assert (await console.ask("DELETE", "answers", params={"operation": GET})).status_code == 204
    assert (await console.ask("GET", "answers")).json() == {"set": []}


async def test_a_body_that_is_set_is_sent_and_what_it_breaks_is_told(console):
    answer = await console.answers(answers=[{"status": 200, "body": {"title": "Mine"}, "headers": {"X-Mine": "1"}}])
    assert answer.json() == {"violations": []}
    answer = await console.http.get("/books/1")
    assert (answer.json(), answer.headers["X-Mine"]) == ({"title": "Mine"}, "1")
    answer = await console.answers(answers=[{"status": 200, "body": {"title": 7}}])
    assert [one["pointer"] for one in answer.json()["violations"]] == ["/title"]
    answer = await console.http.get("/books/1")
    assert answer.json() == {"title": 7}
    assert "/title" in answer.headers["Mock-Answer-Violations"]


async def test_a_request_that_breaks_the_document_is_refused_all_the_same(console):
    await console.answers(operation="createBook", answers=[{"status": 201, "body": {"title": "x"}}])
    answer = await console.http.post("/books", json={"title": 7})
    assert answer.status_code != 201
    assert (await console.http.post("/books", json={"title": "y"})).json() == {"title": "x"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"status": 418}, "the document has no status 418 here; it has: 200, 404"),
        ({"example": "tall"}, "the document has no example 'tall' here; it has: short, long"),
        ({"delay": "soon"}, "'soon' is no delay"),
        ({"body": {}}, "a body needs the status that it is for"),
        ({"status": 200, "body": {}, "example": "short"}, "not both"),
        ({"times": 0}, "0 is less than the minimum of 1"),
        ({"headers": {"a": "b\r\nc: d"}}, "does not match"),
        ({"code": 404}, "code"),
    ],
)
async def test_an_answer_that_the_document_does_not_have_is_refused(console, given, said):
    answer = await console.answers(answers=[given])
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert (await console.http.get("/books/1")).status_code == 200


async def test_a_session_has_answers_of_its_own(console):
    await console.answers(session="one", answers=[{"status": 404}])
    assert (await console.http.get("/books/1", headers={"Mock-Session": "one"})).status_code == 404
    assert (await console.http.get("/books/1", headers={"Mock-Session": "two"})).status_code == 200
    assert (await console.http.get("/books/1")).status_code == 200


async def test_the_same_answer_next_time(console):
    await console.http.get("/books/1", headers={"Prefer": "code=404"})
    assert (await console.ask("POST", "calls/1/expect")).status_code == 204
    assert [(await console.http.get("/books/1")).status_code for _ in range(2)] == [404, 200]
    await console.http.get("/nowhere")
    assert (await console.ask("POST", "calls/4/expect")).status_code == 422
    # Also one that the document does not have.
    await console.http.get("/books/x")
    assert (await console.ask("POST", "calls/5/expect")).status_code == 204
    first, again = (await console.ask("GET", "calls/5")).json(), await console.http.get("/books/1")
    assert (again.status_code, again.text) == (first["status"], first["answer"]["body"])
    assert "mock-violations" not in again.headers


async def test_delay_and_fault_are_set(console):
    await console.answers(answers=[{"delay": "5ms", "fault": "error", "times": 1}])
    answer = await console.http.get("/books/1")
    assert answer.status_code == 500
    assert (await console.http.get("/books/1")).status_code == 200


async def test_answers_are_set_for_so_many_sessions_and_no_more(console, monkeypatch):
    monkeypatch.setattr(answers, "MOST", 2)
    for session in ("one", "two", "one"):
        assert (await console.answers(session=session, answers=[{"status": 404}])).status_code == 200
    assert (await console.answers(session="three", answers=[{"status": 404}])).status_code == 507
    assert (await console.ask("DELETE", "answers", headers={"Mock-Session": "one"})).status_code == 204
    assert (await console.answers(session="three", answers=[{"status": 404}])).status_code == 200


async def test_each_default_that_is_offered_can_be_set(console):
    for name in ("createBook", GET):
        shown = (await console.ask("GET", "operation", params={"operation": name})).json()
        for one in shown["answers"]:
            assert (await console.answers(operation=name, answers=[{"status": one["status"]}])).status_code == 200
