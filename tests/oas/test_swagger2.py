"""Swagger 2.0 is read as OpenAPI 3.0: each rule of the conversion by the smallest document that shows it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cierre.oas import BrokenDocument, bundle, load, read
from cierre.oas.linting import lint

OK = {"200": {"description": "ok"}}


def swagger(operation=None, *, method="get", **head):
    paths = {"/x": {method: {"responses": OK, **(operation or {})}}}
    return {"swagger": "2.0", "info": {"title": "t", "version": "1"}, "paths": paths, **head}


def converted(operation=None, *, method="get", **head):
    root = load(swagger(operation, method=method, **head))
    return root["paths"]["/x"][method]


def parameter(**node):
    return converted({"parameters": [{"name": "p", "in": "query", **node}]})["parameters"][0]


def body_of(*parameters, **operation):
    return converted({"parameters": list(parameters), **operation}, method="post")["requestBody"]


def answer(response, **operation):
    return converted({"responses": {"200": {"description": "ok", **response}}, **operation})["responses"]["200"]


# --- the document


@pytest.mark.parametrize("version", ["2.0", 2.0, 2])
def test_it_becomes_openapi_3_0(version):
    root = load({**swagger(), "swagger": version})
    assert root["openapi"] == "3.0.3"
    assert not {"swagger", "host", "basePath", "schemes", "consumes", "produces", "definitions"} & root.keys()


@pytest.mark.parametrize(
    ("head", "urls"),
    [
        ({}, None),
        ({"basePath": "/v1"}, ["/v1"]),
        ({"basePath": "/"}, ["/"]),
        ({"host": "api.example"}, ["//api.example"]),
        ({"host": "api.example:8", "basePath": "/v1/", "schemes": ["https"]}, ["https://api.example:8/v1"]),
        ({"host": "a.example", "schemes": ["http", "https"]}, ["http://a.example", "https://a.example"]),
    ],
)
def test_host_base_path_and_schemes_are_servers(head, urls):
    servers = load(swagger(**head)).get("servers")
    assert (servers and [server["url"] for server in servers]) == urls


def test_the_base_path_is_known_without_a_scheme():
    assert read(swagger(host="api.example", basePath="/v1")).base_paths() == ["/v1"]


def test_an_operation_s_own_schemes_are_its_servers():
    assert converted({"schemes": ["wss"]}, host="a.example")["servers"] == [{"url": "wss://a.example"}]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": "basic"}, {"type": "http", "scheme": "basic"}),
        ({"type": "apiKey", "name": "k", "in": "query"}, {"type": "apiKey", "name": "k", "in": "query"}),
        (
            {"type": "oauth2", "flow": "accessCode", "authorizationUrl": "/a", "tokenUrl": "/t", "scopes": {"r": "R"}},
            {
                "type": "oauth2",
                "flows": {"authorizationCode": {"authorizationUrl": "/a", "tokenUrl": "/t", "scopes": {"r": "R"}}},
            },
        ),
        (
            {"type": "oauth2", "flow": "application", "tokenUrl": "/t", "scopes": {}},
            {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/t", "scopes": {}}}},
        ),
    ],
)
def test_security_definitions_are_security_schemes(old, new):
    assert load(swagger(securityDefinitions={"s": old}))["components"]["securitySchemes"] == {"s": new}


# --- parameters


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": "integer", "maximum": 3}, {"schema": {"type": "integer", "maximum": 3}}),
        ({"type": "string", "x-nullable": True}, {"schema": {"type": "string", "nullable": True}}),
        ({"type": "string", "x-example": "a", "x-y": 1}, {"schema": {"type": "string"}, "example": "a", "x-y": 1}),
    ],
)
def test_a_parameter_has_a_schema(old, new):
    assert parameter(**old) == {"name": "p", "in": "query", **new}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({}, ("form", False, "array")),
        ({"collectionFormat": "csv"}, ("form", False, "array")),
        ({"collectionFormat": "multi"}, ("form", True, "array")),
        ({"collectionFormat": "ssv"}, ("spaceDelimited", False, "array")),
        ({"collectionFormat": "pipes"}, ("pipeDelimited", False, "array")),
        ({"collectionFormat": "tsv"}, (None, None, "string")),
        ({"in": "header"}, (None, None, "array")),
        ({"in": "header", "collectionFormat": "pipes"}, (None, None, "string")),
    ],
)
def test_a_collection_format_is_style_and_explode(written, expected):
    found = parameter(type="array", items={"type": "string"}, **written)
    assert (found.get("style"), found.get("explode"), found["schema"]["type"]) == expected


def test_lists_in_one_text_stay_text():
    inner = {"type": "array", "items": {"type": "integer"}, "collectionFormat": "pipes"}
    assert parameter(type="array", items=inner)["schema"] == {"type": "array", "items": {"type": "string"}}


def test_the_body_is_a_request_body_of_what_the_operation_consumes():
    body = {"name": "b", "in": "body", "required": True, "description": "d", "schema": {"type": "object"}}
    media = {"schema": {"type": "object"}}
    assert body_of(body) == {"description": "d", "required": True, "content": {"application/json": media}}
    assert list(body_of(body, consumes=["application/xml", "text/json"])["content"]) == ["application/xml", "text/json"]


def test_fields_of_a_form_are_the_properties_of_its_body():
    name = {"name": "n", "in": "formData", "type": "string", "required": True}
    tags = {"name": "t", "in": "formData", "type": "array", "items": {"type": "string"}}
    body = body_of(name, tags, consumes=["application/json"])
    assert body["required"] is True
    (media,) = (body["content"][key] for key in ["application/x-www-form-urlencoded"])
    assert media["schema"]["required"] == ["n"]
    assert media["schema"]["properties"]["n"] == {"type": "string"}
    assert media["encoding"] == {"t": {"style": "form", "explode": False}}


def test_a_file_makes_a_form_multipart():
    body = body_of({"name": "f", "in": "formData", "type": "file"}, consumes=["application/x-www-form-urlencoded"])
    assert list(body["content"]) == ["multipart/form-data"]
    properties = body["content"]["multipart/form-data"]["schema"]["properties"]
    assert properties == {"f": {"type": "string", "format": "binary"}}


def test_a_shared_body_is_of_what_each_operation_consumes():
    shared = {
        "B": {"name": "b", "in": "body", "schema": {"$ref": "#/definitions/T"}},
        "Q": {"name": "q", "in": "query"},
    }
    root = load(
        swagger(
            {"parameters": [{"$ref": "#/parameters/B"}, {"$ref": "#/parameters/Q"}], "consumes": ["text/xml"]},
            method="post",
            parameters={**shared, "Q": {**shared["Q"], "type": "string"}},
            definitions={"T": {"type": "object"}},
        )
    )
    operation = root["paths"]["/x"]["post"]
    assert operation["parameters"] == [{"$ref": "#/components/parameters/Q"}]
    assert operation["requestBody"]["content"] == {"text/xml": {"schema": {"$ref": "#/components/schemas/T"}}}
    assert list(root["components"]["parameters"]) == ["Q"]


def test_a_body_of_the_path_is_one_of_its_operations_unless_they_have_their_own():
    item = {
        "parameters": [{"name": "b", "in": "body", "schema": {"type": "integer"}}],
        "put": {"responses": OK},
        "post": {"responses": OK, "parameters": [{"name": "o", "in": "body", "schema": {"type": "string"}}]},
    }
    found = load({**swagger(), "paths": {"/x": item}})["paths"]["/x"]
    assert found["parameters"] == []
    types = [
        found[method]["requestBody"]["content"]["application/json"]["schema"]["type"] for method in ("put", "post")
    ]
    assert types == ["integer", "string"]


# --- responses


def test_a_schema_stands_under_each_media_type_that_is_produced():
    content = answer({"schema": {"type": "string"}}, produces=["text/plain", "application/json"])["content"]
    assert content == {key: {"schema": {"type": "string"}} for key in ["text/plain", "application/json"]}
    assert "content" not in answer({}, produces=["text/plain"])


def test_examples_stand_with_their_media_type():
    content = answer({"schema": {"type": "object"}, "examples": {"application/json": {"a": 1}, "text/x": "a"}})[
        "content"
    ]
    assert content["application/json"]["example"] == {"a": 1}
    assert content["text/x"]["example"] == "a"


def test_examples_by_name_are_kept():
    content = answer({"schema": {"type": "integer"}, "examples": {"one": 1}})["content"]
    assert content["application/json"]["examples"] == {"one": {"value": 1}}


def test_a_file_is_bytes():
    assert answer({"schema": {"type": "file"}})["content"] == {
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
    }


def test_headers_have_schemas():
    headers = answer({"headers": {"X-N": {"type": "integer", "description": "n"}}})["headers"]
    assert headers == {"X-N": {"description": "n", "schema": {"type": "integer"}}}


def test_a_shared_response_is_copied_where_something_else_is_produced():
    responses = {"Gone": {"description": "gone", "schema": {"type": "string"}}}
    head = {"responses": responses, "produces": ["application/json"]}
    use = {"responses": {"404": {"$ref": "#/responses/Gone"}}}
    assert converted(use, **head)["responses"]["404"] == {"$ref": "#/components/responses/Gone"}
    other = converted({**use, "produces": ["text/plain"]}, **head)["responses"]["404"]
    assert other == {"description": "gone", "content": {"text/plain": {"schema": {"type": "string"}}}}


# --- schemas


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": "string", "x-nullable": True}, {"type": "string", "nullable": True}),
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"$ref": "#/definitions/T"}, {"$ref": "#/components/schemas/T"}),
        (
            {"$ref": "#/definitions/T", "x-nullable": True},
            {"nullable": True, "allOf": [{"$ref": "#/components/schemas/T"}]},
        ),
        ({"discriminator": "kind"}, {"discriminator": {"propertyName": "kind"}}),
        ({"properties": {"discriminator": {"type": "string"}}}, {"properties": {"discriminator": {"type": "string"}}}),
        ({"example": {"$ref": "#/definitions/no"}}, {"example": {"$ref": "#/definitions/no"}}),
        ({"allOf": [{"items": {"type": "file"}}]}, {"allOf": [{"items": {"type": "string", "format": "binary"}}]}),
    ],
)
def test_schemas(old, new):
    assert load(swagger(definitions={"S": old, "T": {}}))["components"]["schemas"]["S"] == new


def test_values_of_a_discriminator_that_an_extension_gives_are_its_mapping():
    cat = {"x-discriminator-value": "miau", "allOf": [{"$ref": "#/definitions/Pet"}]}
    schemas = load(swagger(definitions={"Pet": {"discriminator": "kind"}, "Cat": cat}))["components"]["schemas"]
    assert schemas["Pet"]["discriminator"] == {"propertyName": "kind", "mapping": {"miau": "#/components/schemas/Cat"}}


def test_a_reference_into_a_path_leads_to_where_that_is_now():
    body = {"name": "b", "in": "body", "schema": {"type": "integer"}}
    ref = {"$ref": "#/paths/~1x/post/parameters/0/schema"}
    document = read(swagger({"parameters": [body]}, method="post", definitions={"S": ref}))
    assert document.resolve(document.root["components"]["schemas"]["S"]) == {"type": "integer"}


# --- many files, problems


def test_files_become_definitions_parameters_and_responses(tmp_path):
    (tmp_path / "openapi.yaml").write_text(
        yaml.safe_dump(
            swagger(
                {
                    "parameters": [{"$ref": "parts.yaml#/parameters/Limit"}, {"$ref": "parts.yaml#/parameters/Body"}],
                    "responses": {"200": {"$ref": "parts.yaml#/responses/Done"}},
                },
                method="post",
            )
        ),
        encoding="utf-8",
    )
    parts = {
        "parameters": {
            "Limit": {"name": "limit", "in": "query", "type": "integer"},
            "Body": {"name": "b", "in": "body", "schema": {"$ref": "#/definitions/Pet"}},
        },
        "responses": {"Done": {"description": "done", "schema": {"$ref": "#/definitions/Pet"}}},
        "definitions": {"Pet": {"type": "object"}},
    }
    (tmp_path / "parts.yaml").write_text(yaml.safe_dump(parts), encoding="utf-8")
    root = bundle(load(tmp_path / "openapi.yaml"))
    assert root["components"]["schemas"] == {"Pet": {"type": "object"}}
    assert lint(read(root)) == []


LINES = """\
swagger: "2.0"
info: {title: t, version: "1"}
paths:
  /x/{id}:
    post:
      parameters:
        - {name: id, in: path, required: true, type: string}
        - name: b
          in: body
          schema:
            $ref: "#/definitions/Gone"
      responses:
        200:
          description: ok
          schema: {type: integer}
          examples:
            application/json: many
"""


def test_problems_have_the_place_in_what_the_author_wrote(tmp_path):
    path = tmp_path / "openapi.yaml"
    path.write_text(LINES, encoding="utf-8")
    with pytest.raises(BrokenDocument) as caught:
        read(path)
    assert [problem.place.rpartition("/")[2] for problem in caught.value.problems] == ["openapi.yaml:11:13"]
    path.write_text(LINES.replace("Gone", "Pet") + "definitions: {Pet: {type: object}}\n", encoding="utf-8")
    (problem,) = lint(read(path))
    assert problem.place.endswith("openapi.yaml:17:13")
    assert '"many" is not of type' in problem.message


def test_lint_holds_it_to_its_own_standard():
    spec = swagger({"parameters": [{"name": "b", "in": "body"}]}, method="post")
    (problem,) = lint(read(spec))
    assert problem.rule == "openapi"
    assert "/paths/~1x/post/parameters/0" in problem.place


def test_what_is_no_swagger_does_not_end_the_conversion():
    for paths in (
        3,
        {"/x": 3},
        {"/x": {"get": 3, "post": {"parameters": 3, "responses": 3}}},
        {"/x": {"parameters": [3]}},
    ):
        assert read({"swagger": "2.0", "paths": paths, "definitions": {"a": 3}, "parameters": {"p": 3}}).root["paths"]


def test_lint_says_that_it_is_swagger(tmp_path):
    path = tmp_path / "petstore-v2.json"
    path.write_text(json.dumps(swagger()), encoding="utf-8")
    program = Path(sys.executable).with_name("cierre")
    ended = subprocess.run([program, "spec", "lint", path], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
    assert "Swagger 2.0" in ended.stderr


@pytest.mark.parametrize(
    ("node", "least"), [({}, None), ({"allowEmptyValue": True}, None), ({"allowEmptyValue": False}, 1)]
)
def test_a_text_that_must_not_be_empty_has_a_length(node, least):
    assert parameter(type="string", **node)["schema"].get("minLength") == least
    field = body_of({"name": "f", "in": "formData", "type": "string", **node})
    schema = field["content"]["application/x-www-form-urlencoded"]["schema"]
    assert schema["properties"]["f"].get("minLength") == least


def test_an_example_of_a_range_is_one_of_each_type_that_is_produced():
    found = answer({"schema": {"type": "string"}, "examples": {"text/*": "hello"}}, produces=["text/plain", "text/csv"])
    assert found["content"] == {
        kind: {"schema": {"type": "string"}, "example": "hello"} for kind in ("text/plain", "text/csv")
    }
