"""What the standard says in words: told here as openapi-spec-validator tells it, and with its place."""

import copy

import openapi_spec_validator
import pytest

from cierre.oas import read
from cierre.oas.linting import lint

THINGS = "/things/{id}"
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "t", "version": "1"},
    "tags": [{"name": "one"}, {"name": "two"}],
    "paths": {
        THINGS: {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {
                "operationId": "get_thing",
                "parameters": [{"name": "page", "in": "query", "schema": {"type": "integer", "default": 1}}],
                "responses": {
                    "200": {
                        "description": "ok",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                    }
                },
            },
            "delete": {"operationId": "delete_thing", "responses": {"204": {"description": "gone"}}},
        }
    },
    "components": {
        "schemas": {
            "Base": {"type": "object", "properties": {"id": {"type": "integer"}}},
            "Thing": {"allOf": [{"$ref": "#/components/schemas/Base"}], "required": ["id"]},
        }
    },
}
GET, DELETE = "/paths/~1things~1{id}/get", "/paths/~1things~1{id}/delete"
THING = "/components/schemas/Thing"


def changed(version, *steps, to):
    document = copy.deepcopy(DOCUMENT) | {"openapi": version}
    *way, last = steps
    node = document
    for step in way:
        node = node[step]
    if isinstance(node, list):
        node.append(to)
    else:
        node[last] = to
    return document


def theirs(document):
    """What openapi-spec-validator says in words."""
    kinds = {"3.0": "V30", "3.1": "V31", "3.2": "V32"}
    made = getattr(openapi_spec_validator, f"OpenAPI{kinds[document['openapi'][:3]]}SpecValidator")(document)
    return [error.message for error in made.root_validator(made.schema_path)]


def ours(document):
    return [(one.pointer, one.message) for one in lint(read(document, lenient=True))]


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0", "3.2.0"])
def test_what_is_right_is_right(version):
    document = copy.deepcopy(DOCUMENT) | {"openapi": version}
    assert theirs(document) == []
    assert ours(document) == []


@pytest.mark.parametrize(
    ("version", "steps", "to", "where", "said"),
    [
        ("3.0.3", ("tags", "-"), {"name": "two", "description": "again"}, "/tags/2", "tag 'two' is there twice"),
        (
            "3.2.0",
            ("tags", "-"),
            {"name": "three", "parent": "none"},
            "/tags/2",
            "tag 'three' has a parent that is not there: 'none'",
        ),
        (
            "3.2.0",
            ("tags", "-"),
            {"name": "three", "parent": "three"},
            "/tags/2",
            "tags are their own parents: three -> three",
        ),
        (
            "3.0.3",
            ("paths", THINGS, "delete", "operationId"),
            "get_thing",
            DELETE,
            "operationId 'get_thing' of 'delete' in '/things/{id}' is not unique",
        ),
        (
            "3.0.3",
            ("paths", THINGS, "get", "parameters", "-"),
            {"name": "page", "in": "query", "schema": {}},
            f"{GET}/parameters/1",
            "parameter 'page' is there twice",
        ),
        (
            "3.1.0",
            ("paths", THINGS, "get", "parameters", "-"),
            {"name": "other", "in": "path", "required": True, "schema": {}},
            GET,
            "path parameter 'other' of 'get' in '/things/{id}' is not in the path, or not declared",
        ),
        (
            "3.0.3",
            ("components", "schemas", "Thing", "required"),
            ["id", "name"],
            THING,
            "required names properties that are not defined: ['name']",
        ),
        (
            "3.0.3",
            ("paths", THINGS, "get", "parameters", 0, "schema"),
            {"type": "integer", "default": "many"},
            f"{GET}/parameters/0/schema/default",
            '"many" is not of type "integer"',
        ),
        (
            "3.1.0",
            ("components", "schemas", "Base", "properties"),
            {"id": {"type": "whole"}},
            "/components/schemas/Base/properties/id/type",
            "\"whole\" is not valid under any of the schemas listed in the 'anyOf' keyword",
        ),
        (
            "3.1.0",
            ("components", "schemas", "Base", "properties"),
            {"id": {"pattern": "(["}},
            "/components/schemas/Base/properties/id/pattern",
            '"([" is not a "regex"',
        ),
        (
            "3.1.0",
            ("components", "schemas", "Base", "discriminator"),
            {"mapping": {}},
            "/components/schemas/Base/discriminator/propertyName",
            '"propertyName" is required',
        ),
        (
            "3.1.0",
            ("components", "schemas", "Base", "$schema"),
            "https://example.org/dialect",
            "/components/schemas/Base",
            "the JSON Schema dialect 'https://example.org/dialect' is not known",
        ),
        (
            "3.0.3",
            ("components", "schemas", "Base", "enum"),
            [{}, {}],
            "/components/schemas/Base/enum",
            "[{},{}] has non-unique elements",
        ),
    ],
)
def test_a_breach_that_openapi_spec_validator_finds_is_found_with_its_place(version, steps, to, where, said):
    document = changed(version, *steps, to=to)
    assert theirs(document)
    assert ours(document) == [(where, said)]


def test_a_variable_without_its_parameter_is_told_of_each_operation():
    document = copy.deepcopy(DOCUMENT)
    del document["paths"][THINGS]["parameters"]
    assert len(theirs(document)) == 2
    assert [where for where, _ in ours(document)] == [DELETE, GET]


def test_a_variable_may_say_how_a_framework_reads_it():
    document = copy.deepcopy(DOCUMENT)
    document["paths"]["/things/{id:int}"] = document["paths"].pop(THINGS)
    assert ours(document) == theirs(document) == []


@pytest.mark.parametrize(
    "dialect", ["http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"]
)
def test_a_schema_is_held_to_the_dialect_that_the_document_names(dialect):
    document = copy.deepcopy(DOCUMENT) | {"openapi": "3.1.0", "jsonSchemaDialect": dialect}
    assert ours(document) == theirs(document) == []
    document["components"]["schemas"]["Base"]["properties"]["id"]["minimum"] = "one"
    assert theirs(document)
    assert ours(document) == [("/components/schemas/Base/properties/id/minimum", '"one" is not of type "number"')]


def test_tags_in_a_circle_are_told_once():
    document = copy.deepcopy(DOCUMENT) | {"openapi": "3.2.0"}
    document["tags"] = [{"name": "a", "parent": "b"}, {"name": "b", "parent": "c"}, {"name": "c", "parent": "b"}]
    assert theirs(document)
    assert ours(document) == [("/tags/1", "tags are their own parents: b -> c -> b")]


def test_what_has_not_the_right_form_is_told_as_that_alone():
    document = changed("3.0.3", "paths", THINGS, "get", "parameters", to={"name": "page"})
    assert [where for where, _ in ours(document)] == [f"{GET}/parameters"]
