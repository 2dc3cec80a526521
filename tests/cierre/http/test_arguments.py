"""Which argument of a handler is which parameter of the contract: `cierre.http.arguments`."""

from types import SimpleNamespace

import pytest

from cierre.http.arguments import Arguments, snake_case

PARAMETERS = [
    {"name": "sessionId", "in": "path"},
    {"name": "from", "in": "query"},
    {"name": "limit", "in": "query"},
    {"name": "Accept-Language", "in": "header"},
]


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("sessionId", "session_id"),
        ("userID", "user_id"),
        ("HTTPStatus", "http_status"),
        ("limit", "limit"),
        ("already_so", "already_so"),
        ("page[size]", "page_size"),
        ("X-Trace-Id", "x_trace_id"),
        ("oauth2Client", "oauth2_client"),
        ("from", "from_"),
        ("None", "none"),
    ],
)
def test_a_parameter_becomes_an_argument_in_snake_case(name, argument):
    assert snake_case(name) == argument


def request(**parameters):
    return SimpleNamespace(json={"a": 1}, principal="someone", parameters=parameters)


def test_a_handler_gets_what_it_names():
    async def handler(body, principal, session_id, request, from_=None, limit=None): ...

    one = request(path={"sessionId": "s"}, query={"from": "f", "limit": 3, "unread": 1})
    assert Arguments(handler, PARAMETERS).of(one) == {
        "body": {"a": 1},
        "principal": "someone",
        "request": one,
        "session_id": "s",
        "from_": "f",
        "limit": 3,
    }


def test_a_parameter_that_was_not_sent_leaves_the_argument_its_default():
    async def handler(session_id, from_="the default", limit=50): ...

    assert Arguments(handler, PARAMETERS).of(request(path={"sessionId": "s"})) == {"session_id": "s"}
