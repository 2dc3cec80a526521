"""What `lint` finds: in any document, and in a contract of this house."""

import copy
from functools import partial

import pytest

from cierre import contract_rules
from cierre.contract_rules import situations
from cierre.oas import linting, load, read
from cierre.oas.structure import operations


@pytest.fixture(scope="module")
def contract():
    return load()


@pytest.fixture
def changed(contract):
    return copy.deepcopy(contract)


def foreign(*, schema, example, version="3.0.3"):
    body = {"content": {"application/json": {"schema": schema, "example": example}}}
    answer = {"200": {"description": "ok", **body}}
    return {
        "openapi": version,
        "info": {"title": "t", "version": "1"},
        "paths": {"/things": {"get": {"responses": answer}, "post": {"requestBody": body, "responses": answer}}},
    }


def lint(document, **options):
    return linting.lint(read(document, lenient=True), **options)


def found(document, **options):
    return [
        (problem.rule, problem.pointer) for problem in lint(document, rules=partial(contract_rules.findings, **options))
    ]


def named(document, name):
    return next(item for _, _, item, _ in operations(document) if item["operationId"] == name)


def test_an_example_that_breaks_its_schema_is_found_with_its_place():
    schema = {"type": "object", "properties": {"at": {"type": "string", "format": "date-time"}}}
    document = foreign(schema=schema, example={"at": "yesterday"})
    places = ["get/responses/200", "post/requestBody", "post/responses/200"]
    assert found(document) == [
        ("example", f"/paths/~1things/{place}/content/application~1json/example/at") for place in places
    ]


def test_nullable_of_openapi_3_0_is_understood():
    schema = {"type": "string", "nullable": True}
    assert found(foreign(schema=schema, example=None)) == []


def test_a_request_example_needs_no_read_only_property_and_a_response_s_does():
    schema = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "readOnly": True}}}
    pointers = [pointer for _, pointer in found(foreign(schema=schema, example={}))]
    assert pointers
    assert all("/responses/" in pointer for pointer in pointers)


def test_a_default_that_breaks_its_schema_is_found():
    (problem, *_) = lint(foreign(schema={"type": "integer", "default": "many"}, example=1))
    assert "many" in problem.message


def test_a_document_of_somebody_else_is_not_held_to_our_names():
    assert found(foreign(schema={"type": "string"}, example="x")) == []


def test_openapi_3_1_is_read():
    assert found(foreign(schema={"type": ["string", "null"]}, example=None, version="3.1.0")) == []


@pytest.mark.parametrize("head", [{"swagger": "1.2"}, {"openapi": "4.0.0"}, {}])
def test_another_version_is_named(head):
    (problem,) = lint({**head, "info": {"title": "t", "version": "1"}, "paths": {}})
    assert "not OpenAPI 3.0, 3.1 or 3.2, nor Swagger 2.0" in problem.message


def test_a_breach_of_the_standard_is_found_with_its_place(changed):
    del named(changed, "logout")["responses"]
    assert ("openapi", "/paths/~1api~1v1~1auth~1logout/post/responses") in found(changed)


def test_an_operation_id_is_snake_case_and_the_name_of_its_file(changed):
    named(changed, "logout")["operationId"] = "logOut"
    rules = [rule for rule, _ in found(changed, files={"/api/v1/auth/logout": "auth/logout.yaml"})]
    assert rules == ["operation-id", "file"]


def test_a_tag_is_the_folder(changed):
    rules = [rule for rule, _ in found(changed, files={"/api/v1/auth/logout": "admin/logout.yaml"})]
    assert rules == ["file"]


def test_the_handler_s_module_is_the_tag(changed):
    del named(changed, "logout")["x-openapi-router-controller"]
    assert [rule for rule, _ in found(changed)] == ["controller"]


def test_an_operation_has_one_tag(changed):
    named(changed, "logout")["tags"] = []
    assert [rule for rule, _ in found(changed)] == ["tag"]


@pytest.mark.parametrize(
    ("operation", "change", "message"),
    [
        ("logout", {"x-cierre-principal": None}, "x-cierre-principal is None, not one of bearer"),
        ("logout", {"x-cierre-principal": "cookie"}, "x-cierre-principal is 'cookie', not one of bearer"),
        ("logout", {"x-cierre-principal": "none", "x-cierre-role": None}, "so security must be []"),
        ("logout", {"security": []}, "so security must name bearerAuth"),
        ("refresh", {"x-cierre-principal": "bearer"}, "so security must name bearerAuth"),
        ("force_logout", {"x-cierre-role": None}, "x-cierre-role is None, not one of any, ADMIN"),
        ("force_logout", {"x-cierre-role": "ROOT"}, "x-cierre-role is 'ROOT', not one of any, ADMIN"),
        (
            "logout",
            {"x-cierre-ability": None},
            "x-cierre-ability is None, neither any nor of the form cierre:",
        ),
        ("logout", {"x-cierre-ability": "logout"}, "x-cierre-ability is 'logout', neither any nor of the form"),
        ("logout", {"x-cierre-ability-for": {"all": "cierre:x"}}, "x-cierre-ability-for names all, which no body has"),
        ("logout", {"x-cierre-ability-for": {"logoutAll": "*"}}, "x-cierre-ability-for logoutAll is '*'"),
        ("refresh", {"x-cierre-ability": "any"}, "a principal from 'refresh_token_of_client' has no"),
        ("login", {"x-cierre-role": "ADMIN"}, "a principal from 'password' has no role"),
    ],
)
def test_an_operation_says_who_may_call_it(changed, operation, change, message):
    item = named(changed, operation)
    item.update(change)
    for name in [name for name, value in change.items() if value is None]:
        del item[name]
    (problem,) = lint(changed, rules=contract_rules.findings)
    assert problem.rule == "access"
    assert problem.message.startswith(operation)
    assert message in problem.message


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ("force_logout", "for the role ADMIN and has no response 403"),
        ("list_sessions", "asks for the ability cierre:read-sessions and has no response 403"),
        ("logout", "asks for the ability cierre:close-sessions and has no response 403"),
    ],
)
def test_what_asks_for_a_role_or_an_ability_can_answer_403(changed, operation, message):
    del named(changed, operation)["responses"]["403"]
    problems = lint(changed, rules=contract_rules.findings)
    assert {problem.rule for problem in problems} == {"access"}
    assert any(message in problem.message for problem in problems)


def test_an_answer_without_a_body_names_its_situations(changed):
    del changed["components"]["responses"]["token_revoked"]["x-cierre-situations"]
    assert ("situations", "/components/responses/token_revoked") in found(changed)


def test_a_failure_is_named_after_a_situation_of_the_domain(changed):
    media = changed["components"]["responses"]["login_failed"]["content"]["application/json"]
    media["examples"]["wrong_password"] = media["examples"]["login_failed"]
    assert ("examples", "/paths/~1api~1v1~1auth~1login/post/responses/401") in found(changed)


def test_a_situation_that_one_dialect_knows_all_know(changed):
    content = changed["components"]["responses"]["logout_not_found"]["content"]
    del content["application/vnd.cierre.envelope+json"]["examples"]["device_not_found"]
    messages = [problem.message for problem in lint(changed, rules=contract_rules.findings)]
    assert "the dialect envelope has no answer to the situation 'device_not_found'" in messages


def test_a_request_example_has_an_answer_of_its_name(changed):
    examples = named(changed, "logout")["requestBody"]["content"]["application/json"]["examples"]
    examples["everything"] = examples.pop("all_devices")
    messages = [problem.message for problem in lint(changed, rules=contract_rules.findings)]
    assert messages == ["the request example 'everything' has no answer of that name"]


def test_every_error_of_the_domain_is_shown_somewhere(changed):
    assert "user_not_found" in situations()
    for media in changed["components"]["responses"]["user_not_found"]["content"].values():
        media["examples"] = {"role_required": media["examples"].pop("user_not_found")}
    assert any(
        problem.message == "no example shows the situation 'user_not_found'"
        for problem in lint(changed, rules=contract_rules.findings)
    )
