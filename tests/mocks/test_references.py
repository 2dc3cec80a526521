"""References of a document: into its files, by identifier, where none is foreseen, and to nothing."""

import pytest

from cierre.mocks.loading import load
from cierre.oas.errors import BrokenDocument
from tests.support.mocked import client_of, document, write


async def test_names_that_read_like_keywords_are_followed_into_other_files(tmp_path):
    path = write(
        tmp_path,
        openapi_yaml=(
            "openapi: 3.0.3\npaths:\n  /x:\n    get:\n      responses:\n        default: {$ref: 'parts.yaml#/Any'}\n"
        ),
        parts_yaml=(
            "Any: {description: any, content: {application/json: {schema: {$ref: '#/Thing'}}}}\n"
            "Thing: {type: object, required: [value, default], properties: {value: {$ref: '#/Whole'},"
            " default: {$ref: '#/Whole'}}}\nWhole: {type: integer, example: 7}\n"
        ),
    )
    async with client_of(path) as client:
        assert (await client.get("/x")).json() == {"value": 7, "default": 7}


@pytest.mark.parametrize(
    ("schemas", "message"),
    [
        ("A: {properties: {value: {$ref: '#/no'}}}", "openapi.yaml:5:30: $ref #/no leads nowhere"),
        ("A: {$ref: '#/components/schemas/B'}\n    B: {$ref: '#/components/schemas/A'}", "schemas/B leads nowhere"),
        ("A: {$ref: '#nobody'}", "$ref #nobody leads nowhere"),
        ("A: {$ref: 'other.yaml#/no'}", "$ref other.yaml#/no leads nowhere"),
    ],
)
def test_a_reference_that_leads_nowhere_is_told_as_it_is_written(tmp_path, schemas, message):
    text = f"openapi: 3.1.0\npaths: {{}}\ncomponents:\n  schemas:\n    {schemas}\n"
    (problem, *_) = load(write(tmp_path, openapi_yaml=text, other_yaml="a: {}")).problems
    assert message in str(problem)


IDENTIFIED = {
    "Pair": {
        "$id": "https://example.com/pair",
        "type": "object",
        "required": ["left", "right"],
        "properties": {"left": {"$ref": "#/$defs/whole"}, "right": {"$ref": "#text"}},
        "$defs": {"whole": {"type": "integer"}, "text": {"$anchor": "text", "type": "string", "minLength": 1}},
    }
}


@pytest.mark.parametrize("ref", ["#/components/schemas/Pair", "https://example.com/pair"])
@pytest.mark.parametrize("from_a_file", [True, False])
async def test_references_by_identifier_and_anchor_are_followed(tmp_path, ref, from_a_file):
    body = {"required": True, "content": {"application/json": {"schema": {"$ref": ref}}}}
    responses = {"200": {"description": "", "content": {"application/json": {"schema": {"$ref": ref}}}}}
    spec = document({"/x": {"post": {"requestBody": body, "responses": responses}}}, "3.1.0")
    spec["components"] = {"schemas": IDENTIFIED}
    async with client_of(write(tmp_path, openapi_yaml=spec) if from_a_file else spec) as client:
        good = await client.post("/x", json={"left": 1, "right": "a"})
        bad = await client.post("/x", json={"left": "1", "right": 1})
    assert good.status_code == 200
    assert type(good.json()["left"]) is int
    assert type(good.json()["right"]) is str
    assert bad.status_code == 422
    assert b"/left" in bad.content
    assert b"/right" in bad.content
    assert spec["components"]["schemas"]["Pair"]["properties"]["left"] == {"$ref": "#/$defs/whole"}


SEVEN = {"responses": {"200": {"description": "d", "content": {"application/json": {"schema": {"enum": [7]}}}}}}
WHOLE = {"type": "integer"}
CONTENT = SEVEN["responses"]["200"]["content"]


def answer(**node):
    return {"get": {"responses": {"200": {"description": "d", **node}}}}


@pytest.mark.parametrize("from_a_file", [True, False])
@pytest.mark.parametrize(
    ("more", "path_item", "target"),
    [
        ({}, {"get": {"$ref": "#/x-target"}}, SEVEN),
        ({}, answer(content={"$ref": "#/x-target"}), CONTENT),
        ({}, answer(content={"application/json": {"$ref": "#/x-target"}}), CONTENT["application/json"]),
        ({}, answer(content={"application/json": {"schema": {"enum": {"$ref": "#/x-target"}}}}), [7]),
        (
            {},
            answer(content={"application/json": {"schema": {"type": "integer"}, "example": {"$ref": "#/x-target"}}}),
            7,
        ),
        ({}, {"$ref": "#/x-target", "post": SEVEN}, {"get": SEVEN}),
        ({}, {"additionalOperations": {"$ref": "#/x-other"}, "get": SEVEN, "parameters": {"$ref": "#/x-target"}}, []),
        ({"servers": {"$ref": "#/x-target"}}, {"get": SEVEN}, [{"url": "/"}]),
    ],
)
async def test_a_reference_where_none_is_foreseen_is_followed(tmp_path, from_a_file, more, path_item, target):
    spec = document({"/x": path_item}, "3.1.0", **more, **{"x-target": target, "x-other": {}})
    async with client_of(write(tmp_path, openapi_yaml=spec) if from_a_file else spec) as client:
        assert (await client.get("/x")).json() == 7
        if "$ref" in path_item:
            assert (await client.post("/x")).json() == 7


@pytest.mark.parametrize("from_a_file", [True, False])
async def test_security_by_reference_is_no_open_api(tmp_path, from_a_file):
    schemes = {"securitySchemes": {"k": {"type": "http", "scheme": "bearer"}}}
    spec = document({"/x": {"get": SEVEN}}, security={"$ref": "#/x-s"}, components=schemes, **{"x-s": [{"k": []}]})
    async with client_of(write(tmp_path, openapi_yaml=spec) if from_a_file else spec) as client:
        assert (await client.get("/x")).status_code == 401


async def test_parts_in_other_files_are_found_wherever_they_stand(tmp_path):
    path = write(
        tmp_path,
        openapi_yaml="openapi: 3.1.0\npaths:\n  /x: {get: {$ref: op.yaml}}\n",
        op_yaml=(
            "responses:\n  '200':\n    description: d\n    content:\n      application/json:\n"
            "        schema: {type: object, properties: {$ref: 'parts.yaml#/properties'}, required: [a]}\n"
            "        examples: {e: {externalValue: shown.json}}\n"
        ),
        parts_yaml="properties: {a: {type: integer}}\n",
        shown_json='{"a": 5}',
    )
    async with client_of(path) as client:
        assert (await client.get("/x")).json() == {"a": 5}


@pytest.mark.parametrize("order", ["ab", "ba"])
async def test_a_file_s_own_address_is_known_before_the_file_is_mentioned(tmp_path, order):
    members = {"a": "a: {$ref: 'https://x.example/a'}", "b": "b: {$ref: a.yaml}"}
    schema = f"{{type: object, required: [a, b], properties: {{{', '.join(members[name] for name in order)}}}}}"
    path = write(
        tmp_path,
        openapi_yaml=(
            "openapi: 3.1.0\npaths:\n  /x: {get: {responses: {'200': {description: d,"
            f" content: {{application/json: {{schema: {schema}}}}}}}}}}}}}\n"
        ),
        a_yaml="$id: https://x.example/a\nconst: 1\n",
    )
    async with client_of(path) as client:
        assert (await client.get("/x")).json() == {"a": 1, "b": 1}


async def test_anchors_of_one_name_in_two_files_and_an_address_of_its_own(tmp_path):
    schema = "{type: object, required: [a, b, c], properties: {a: {$ref: 'a.yaml#t'}, b: {$ref: 'b.yaml#t'}, c: {$ref: 'https://x.example/api#/components/schemas/C'}}}"
    path = write(
        tmp_path,
        openapi_yaml=(
            "openapi: 3.2.0\n$self: https://x.example/api\npaths:\n  /x: {get: {responses: {'200': {description: d,"
            f" content: {{application/json: {{schema: {schema}}}}}}}}}}}}}\n"
            "components: {schemas: {C: {const: 3}}}\n"
        ),
        a_yaml="$defs: {x: {$anchor: t, const: 1}}\n",
        b_yaml="$defs: {x: {$anchor: t, const: 2}}\n",
    )
    async with client_of(path) as client:
        assert (await client.get("/x")).json() == {"a": 1, "b": 2, "c": 3}


@pytest.mark.parametrize(
    "more",
    [
        {"x-internal": {"$ref": "missing.yaml"}},
        {"components": {"schemas": {"A": {"type": "object", "examples": [{"$ref": "data"}]}}}},
        {"components": {"schemas": {"A": {"type": "object", "example": {"$ref": "#/data"}}}}},
    ],
)
def test_what_is_no_reference_stops_nothing(tmp_path, more):
    assert load(write(tmp_path, openapi_yaml=document({"/x": {"get": SEVEN}}, "3.1.0", **more))).problems == []


async def test_a_reference_to_nothing_is_told_and_the_rest_is_served_again_and_again(tmp_path):
    broken = answer(content={"application/json": {"schema": {"$ref": "#/gone"}}}, headers={"X": {"$ref": "#/gone"}})
    path = write(tmp_path, openapi_yaml=document({"/x": {"get": SEVEN}, "/y": broken}))
    assert [problem.message for problem in load(path).problems] == ["$ref #/gone leads nowhere"] * 2
    async with client_of(path) as client:
        assert [(await client.get("/y")).status_code for _ in range(4)] == [200] * 4
        assert (await client.get("/x")).json() == 7


def test_a_reference_into_what_holds_it_is_told(tmp_path):
    schemas = {"A": {"properties": {"a": {"properties": {"$ref": "#/components/schemas/A/properties"}}}}}
    spec = document({"/x": {"get": SEVEN}}, components={"schemas": schemas})
    with pytest.raises(BrokenDocument, match="leads to an object that holds it"):
        load(write(tmp_path, openapi_yaml=spec), lenient=True)
