"""Answers of scenarios are held to the document, as the mock's other answers are."""

from tests.support.flows import playing


def one_step(step):
    return f"scenarios: {{one: {{steps: [{step}]}}}}"


async def test_what_a_body_breaks_is_told_and_it_is_sent(tmp_path):
    mock = playing(
        tmp_path, one_step("{operation: getPayment, answers: [{status: 200, body: {id: '{{ path.id }}', status: x}}]}")
    )
    answer = await mock.http.get("/payments/7")
    assert answer.json() == {"id": "7", "status": "x"}
    assert "/status" in answer.headers["Mock-Answer-Violations"]
    why = (await mock.ask("GET", "calls")).json()["calls"][0]["why"]
    assert "which breaks the document: /status:" in why
    assert why.endswith("; scenario one, step 1")


async def test_a_request_that_breaks_the_document_is_refused_all_the_same(tmp_path):
    mock = playing(tmp_path, one_step("{operation: createBook, answers: [{status: 201, body: {title: x}}]}"))
    assert (await mock.http.post("/books", json={"title": 7})).status_code in {400, 422}
    assert (await mock.http.post("/books", json={"title": "y"})).json() == {"title": "x"}


async def test_what_is_set_and_what_is_asked_for_go_before(tmp_path):
    mock = playing(tmp_path, one_step("{operation: getPayment, answers: [{status: 401}]}"))
    asked = await mock.http.get("/payments/1", headers={"Prefer": "example=failed"})
    assert asked.json()["status"] == "failed"
    await mock.answers(operation="getPayment", answers=[{"example": "done", "times": 1}])
    assert [(await mock.http.get("/payments/1")).status_code for _ in range(2)] == [200, 401]


async def test_a_template_without_a_value_is_an_error_that_says_where(tmp_path):
    mock = playing(
        tmp_path,
        one_step("{operation: getPayment, answers: [{status: 200, body: {id: '{{ body.id }}', status: done}}]}"),
    )
    answer = await mock.http.get("/payments/1")
    assert answer.status_code == 500
    assert f"scenario one, step 1 ({tmp_path}/scenario.yaml:1:27): " in answer.json()["detail"]


async def test_templates_reach_nothing_of_python(tmp_path):
    template = "{{ path.__class__.__mro__ }}"
    mock = playing(
        tmp_path,
        one_step(f"{{operation: getPayment, answers: [{{status: 200, body: {{id: '{template}', status: done}}}}]}}"),
    )
    answer = await mock.http.get("/payments/1")
    assert answer.status_code == 500
    assert "__class__" in answer.json()["detail"]


async def test_members_of_a_body_go_before_methods_of_python(tmp_path):
    step = "{operation: createBook, answers: [{status: 201, body: {title: '{{ body.items }} {{ body.title }}'}}]}"
    mock = playing(tmp_path, one_step(step))
    answer = await mock.http.post("/books", json={"title": "x", "items": "seven"})
    assert answer.json() == {"title": "seven x"}
