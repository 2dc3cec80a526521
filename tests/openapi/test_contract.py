"""The contract as data: `cierre.oas`."""

from functools import partial

import pytest

from cierre import contract_rules
from cierre.oas import DIALECTS, BrokenDocument, bundle, load, read, view
from cierre.oas.linting import lint
from cierre.oas.loading import default_path
from cierre.oas.references import resolved
from cierre.oas.structure import operations, walk

# What the documents describe, and what nobody can use it without.
PROMISED = {
    "login",
    "refresh",
    "logout",
    "list_sessions",
    "get_session",
    "change_password",
    "force_logout",
    "list_audit_events",
    "list_suspicions",
    "list_deliveries",
    "logout_by_refresh_token",
    "logout_by_user_token",
    "revoke_token",
    "introspect_token",
    "exchange_token",
    "authorization_server_metadata",
    "jwks",
    "health_live",
    "health_ready",
}


@pytest.fixture(scope="module")
def contract():
    return load()


def operation(document, name):
    return next(item for _, _, item, _ in operations(document) if item["operationId"] == name)


def answer(document, name, status):
    return resolved(document, operation(document, name)["responses"][status])


def example(document, name, status, situation, media_type="application/json"):
    entry = answer(document, name, status)["content"][media_type]["examples"][situation]
    return resolved(document, entry)["value"]


def write(folder, **files):
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "openapi.yaml"


def test_the_contract_holds_what_was_promised_and_what_has_a_file(contract):
    held = {item["operationId"] for _, _, item, _ in operations(contract)}
    tags = [tag["name"] for tag in contract["tags"]]
    assert held == {file.stem for tag in tags for file in (default_path().parent / tag).glob("*.yaml")}
    assert held >= PROMISED


def test_nothing_is_wrong_with_the_contract():
    assert lint(read(), rules=partial(contract_rules.findings, files=read().path_item_files())) == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nothing_is_wrong_with_a_view(contract, dialect):
    assert lint(read(view(contract, dialect)), rules=contract_rules.findings) == []


def test_loading_leaves_no_reference_to_a_file(contract):
    references = [spot.node["$ref"] for spot in walk(contract) if isinstance(spot.node.get("$ref"), str)]
    assert references
    assert [reference for reference in references if not reference.startswith("#/components/")] == []


def test_a_published_bundle_names_no_python_and_the_service_s_does(contract):
    assert "cierre.handlers." not in str(bundle(contract))
    assert "cierre.http." not in str(bundle(contract))
    kept = bundle(contract, published=False)
    assert operation(kept, "logout")["x-openapi-router-controller"] == "cierre.handlers.auth"
    assert kept["components"]["securitySchemes"]["bearerAuth"]["x-bearerInfoFunc"] == "cierre.http.principals.bearer"


def test_a_bundle_is_the_caller_s_own(contract):
    bundle(contract)["info"]["title"] = "changed"
    assert contract["info"]["title"] != "changed"


def test_document_003_s_own_values_are_the_examples(contract):
    assert example(contract, "logout", "200", "single_device") == {
        "success": True,
        "message": "Sesión cerrada exitosamente",
        "data": {
            "logout": {
                "sessionsClosed": 1,
                "deviceIds": ["550e8400-e29b-41d4-a716-446655440000"],
                "logoutType": "single_device",
                "loggedOutAt": "2025-09-25T15:30:00.000Z",
            },
            "user": {"id": "64f8a123b456c789d012e345", "email": "usuario@ejemplo.com", "activeSessions": 2},
        },
    }
    assert example(contract, "logout", "404", "already_closed") == {
        "status": 404,
        "code": "SESSION_NOT_FOUND",
        "message": "La sesión ya ha sido cerrada o no existe",
        "details": {"sessionStatus": "already_closed", "closedAt": "2025-09-25T14:00:00.000Z"},
    }


def test_document_002_s_own_words_are_the_examples(contract):
    said = {
        status: example(contract, "logout", status, situation, "application/vnd.cierre.respuesta+json")
        for status, situation in {"200": "single_device", "401": "token_missing", "500": "internal_error"}.items()
    }
    assert said == {
        "200": {"error": 0, "respuesta": "Sesión cerrada correctamente", "resultado": {}},
        "401": {"error": 3001, "respuesta": "Usuario no autenticado", "resultado": {}},
        "500": {"error": 9999, "respuesta": "Error inesperado del servidor", "resultado": {}},
    }


def test_document_000_s_constant_is_the_example(contract):
    assert example(contract, "logout_by_user_token", "200", "single_device") == {"success": True, "message": "5"}


def test_document_000_s_and_001_s_answers_without_a_body_have_none(contract):
    assert "content" not in answer(contract, "logout_by_user_token", "401")
    assert "content" not in answer(contract, "logout", "204")
    assert "content" not in answer(contract, "logout_by_refresh_token", "200")


def test_the_two_old_paths_are_deprecated_and_say_so_in_their_headers(contract):
    old = [item for _, _, item, _ in operations(contract) if item.get("deprecated")]
    assert {item["operationId"] for item in old} == {"logout_by_refresh_token", "logout_by_user_token"}
    for item in old:
        for response in item["responses"].values():
            assert {"Deprecation", "Sunset", "Link"} <= set(resolved(contract, response)["headers"])


def test_every_answer_carries_a_trace_id(contract):
    for _, _, item, _ in operations(contract):
        for response in item["responses"].values():
            header = resolved(contract, resolved(contract, response)["headers"]["X-Trace-Id"])
            assert header["required"] is True


def test_an_operation_that_wants_a_bearer_never_lets_anybody_in_without(contract):
    for _, _, item, _ in operations(contract):
        assert item["security"] in ([], [{"bearerAuth": []}])


def test_keys_are_strings_and_words_stay_words(tmp_path):
    root = write(
        tmp_path,
        openapi="openapi: 3.0.3\ninfo: {title: no, version: 2025-09-25}\npaths: {}\nx-codes: {200: on, no: 64e8}\n",
    )
    document = load(root)
    assert document["info"] == {"title": "no", "version": "2025-09-25"}
    assert document["x-codes"] == {"200": "on", "no": 64e8}


def test_a_schema_that_refers_to_itself_across_files_is_one_component(tmp_path):
    root = write(
        tmp_path,
        openapi="openapi: 3.0.3\ncomponents: {schemas: {Tree: {$ref: 'schemas/Node.yaml'}}}\n",
        schemas__Node="type: object\nproperties: {child: {$ref: Node.yaml}}\n",
    )
    assert load(root)["components"]["schemas"] == {
        "Tree": {"$ref": "#/components/schemas/Node"},
        "Node": {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Node"}}},
    }


def test_two_files_of_one_name_are_two_components(tmp_path):
    root = write(
        tmp_path,
        openapi="openapi: 3.0.3\ncomponents: {schemas: {A: {$ref: a/Id.yaml}, B: {$ref: b/Id.yaml}}}\n",
        a__Id="{type: string}",
        b__Id="{type: integer}",
    )
    schemas = load(root)["components"]["schemas"]
    assert (schemas["Id"], schemas["Id_2"]) == ({"type": "string"}, {"type": "integer"})


def test_a_dollar_ref_inside_an_example_is_data(tmp_path):
    text = "openapi: 3.0.3\ncomponents: {examples: {one: {value: {$ref: nowhere.yaml}}}}\n"
    assert load(write(tmp_path, openapi=text))["components"]["examples"]["one"]["value"] == {"$ref": "nowhere.yaml"}


def test_every_problem_of_every_file_is_told_at_once(tmp_path):
    root = write(
        tmp_path,
        openapi="openapi: 3.0.3\npaths:\n  /a: {$ref: a.yaml}\n  /b: {$ref: b.yaml}\n  /c: {$ref: 'c.yaml#/nothing'}\n",
        b="get: [unclosed\n",
        c="get: {}\n",
    )
    with pytest.raises(BrokenDocument) as refused:
        load(root)
    missing, broken, dangling = map(str, refused.value.problems)
    assert "openapi.yaml:3:8: $ref" in missing
    assert "a.yaml: cannot be read: No such file" in missing
    assert "b.yaml:2:1: " in broken
    assert "openapi.yaml:5:8: $ref c.yaml#/nothing leads nowhere" in dangling


def test_a_key_that_stands_twice_is_a_problem(tmp_path):
    with pytest.raises(BrokenDocument, match=r"openapi\.yaml:2:1: the key 'openapi' occurs twice"):
        load(write(tmp_path, openapi="openapi: 3.0.3\nopenapi: 3.0.3\n"))


def test_a_file_does_not_refer_to_addresses(tmp_path):
    text = "openapi: 3.0.3\ncomponents: {schemas: {A: {$ref: 'https://example.org/a.yaml'}}}\n"
    with pytest.raises(BrokenDocument, match="outside of the document's folder"):
        load(write(tmp_path, openapi=text))
