"""Flows of more than one request, each from a file of a few lines."""

import pytest

from tests.support.flows import playing


async def statuses(mock, path, count, **more):
    return [(await mock.http.get(path, **more)).status_code for _ in range(count)]


async def test_a_payment_is_pending_twice_and_then_done(tmp_path):
    mock = playing(
        tmp_path,
        """
        scenarios:
          payment:
            steps:
              - operation: getPayment
                per: path.id
                answers:
                  - {status: 200, times: 2, body: {id: "{{ path.id }}", status: pending}}
                  - {status: 200, example: done}
        """,
    )
    seen = [(await mock.http.get("/payments/7")).json() for _ in range(4)]
    assert [one["status"] for one in seen] == ["pending", "pending", "done", "done"]
    assert seen[0]["id"] == "7"
    # Another payment is counted apart.
    assert (await mock.http.get("/payments/8")).json() == {"id": "8", "status": "pending"}
    assert (await mock.ask("GET", "calls")).json()["calls"][0]["why"].endswith("; scenario payment, step 1")


async def test_a_token_expires_after_three_calls(tmp_path):
    mock = playing(
        tmp_path,
        """
        scenarios:
          token:
            steps:
              - operation: login
                answers: [{status: 200, body: {token: "token-{{ call }}"}}]
              - operation: [listBooks, getPayment, createBook]
                per: headers.authorization
                answers: [{times: 3}, {status: 401}]
        """,
    )

    async def logged_in():
        token = (await mock.http.post("/login", json={"user": "ana"})).json()["token"]
        return {"Authorization": f"Bearer {token}"}

    first = await logged_in()
    assert await statuses(mock, "/books", 2, headers=first) == [200, 200]
    # It is the token that has three, whatever they are for.
    assert await statuses(mock, "/payments/1", 2, headers=first) == [200, 401]
    second = await logged_in()
    assert await statuses(mock, "/books", 4, headers=second) == [200, 200, 200, 401]
    assert await statuses(mock, "/books", 1) == [200]


async def test_a_list_grows(tmp_path):
    mock = playing(
        tmp_path,
        """
        scenarios:
          shelf:
            vars: {books: []}
            steps:
              - operation: createBook
                set: {books: "{{ vars.books + [{'id': call | string, 'title': body.title}] }}"}
                answers: [{status: 201, body: "{{ vars.books | last }}"}]
              - operation: listBooks
                answers: [{status: 200, body: "{{ vars.books }}"}]
        """,
    )
    assert (await mock.http.get("/books")).json() == []
    for title in ("Rayuela", "Ficciones"):
        made = await mock.http.post("/books", json={"title": title})
        assert (made.status_code, made.json()["title"]) == (201, title)
    listed = [{"id": "1", "title": "Rayuela"}, {"id": "2", "title": "Ficciones"}]
    assert (await mock.http.get("/books")).json() == listed


async def test_a_503_every_fifth_request(tmp_path):
    mock = playing(
        tmp_path,
        """
        scenarios:
          busy:
            steps:
              - operation: GET /books
                every: 5
                answers: [{status: 503, headers: {Retry-After: 1}}]
        """,
    )
    assert await statuses(mock, "/books", 10) == [200, 200, 200, 200, 503] * 2


@pytest.mark.parametrize(
    ("when", "sent", "fits"),
    [
        ("path: {id: 7}", {"url": "/payments/7"}, True),
        ("path: {id: 7}", {"url": "/payments/8"}, False),
        ("path: {id: a b}", {"url": "/payments/a%20b"}, True),
        ("path: {id: {pattern: ^7}}", {"url": "/payments/71"}, True),
        ("path: {id: {pattern: ^7}}", {"url": "/payments/17"}, False),
        ("query: {as: admin}", {"url": "/payments/1?as=admin"}, True),
        ("query: {as: admin}", {"url": "/payments/1"}, False),
        ("query: {as: null}", {"url": "/payments/1"}, True),
        ("headers: {X-Test: true}", {"url": "/payments/1", "headers": {"x-test": "true"}}, True),
        ("headers: {X-Test: {pattern: '^B'}}", {"url": "/payments/1", "headers": {"x-test": "Bearer"}}, True),
        ("headers: {X-Test: null}", {"url": "/payments/1", "headers": {"x-test": "1"}}, False),
        ("if: path.id | int > 5", {"url": "/payments/6"}, True),
        ("if: path.id | int > 5", {"url": "/payments/5"}, False),
    ],
)
async def test_a_step_wants_a_path_a_query_and_headers(tmp_path, when, sent, fits):
    step = f"{{operation: getPayment, when: {{{when}}}, answers: [{{status: 401}}]}}"
    mock = playing(tmp_path, f"scenarios: {{one: {{steps: [{step}]}}}}")
    assert ((await mock.http.get(**sent)).status_code == 401) is fits


@pytest.mark.parametrize(
    ("body", "sent", "fits"),
    [
        ("{$.user: ana}", {"user": "ana"}, True),
        ("{$.user: ana}", {"user": "eva"}, False),
        ("{'$.rights[*]': write}", {"user": "ana", "rights": ["read", "write"]}, True),
        ("{'$.rights[0]': write}", {"user": "ana", "rights": ["read", "write"]}, False),
        ("['$.rights[?@ == \"write\"]']", {"user": "ana", "rights": ["write"]}, True),
        ("['$.rights[?@ == \"write\"]']", {"user": "ana"}, False),
    ],
)
async def test_a_step_wants_something_in_the_body(tmp_path, body, sent, fits):
    step = f"{{operation: login, when: {{body: {body}}}, answers: [{{status: 200, body: {{token: it}}}}]}}"
    mock = playing(tmp_path, f"scenarios: {{one: {{steps: [{step}]}}}}")
    assert ((await mock.http.post("/login", json=sent)).json().get("token") == "it") is fits


async def test_templates_see_what_is_kept(tmp_path):
    mock = playing(
        tmp_path,
        """
        scenarios:
          count:
            steps:
              - operation: getPayment
                answers: [{status: 200, body: {id: "{{ state.books | length }} books", status: done}}]
        """,
        stateful=True,
        data=_books(tmp_path),
    )
    assert (await mock.http.get("/payments/1")).json()["id"] == "1 books"
    await mock.http.post("/books", json={"title": "Rayuela"})
    assert (await mock.http.get("/payments/1")).json()["id"] == "2 books"


def _books(folder):
    data = folder / "data"
    data.mkdir()
    (data / "books.yaml").write_text("- {id: '1', title: Ficciones}\n", encoding="utf-8")
    return data
