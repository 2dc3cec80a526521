"""Documents as people write them: many files, few obligations, and every problem told at once."""

import json

import pytest

from cierre.mocks.documents import BrokenDocument, Document
from cierre.mocks.loading import load
from cierre.mocks.router import Router
from tests.support.mocked import answering, client_of, document

_ONE = "{content: {application/json: {example: 1}}}"


def write(folder, **files):
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_yaml", ".yaml").replace("_json", ".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
    return folder / "openapi.yaml"


async def test_a_document_of_many_files_is_served(tmp_path):
    path = write(
        tmp_path,
        openapi_yaml=(
            "openapi: 3.0.3\npaths:\n  /users/{id}: {$ref: 'paths/user.yaml'}\n  /me: {$ref: 'paths/user.yaml#/x-me'}\n"
        ),
        paths__user_yaml=(
            "get:\n  parameters:\n  - {$ref: '../common.json#/id'}\n  responses:\n    200:\n      content:\n"
            "        application/json:\n          schema: {$ref: '../schemas/User.yaml'}\n"
            "x-me:\n  get:\n    responses: {204: {description: none}}\n"
        ),
        schemas__User_yaml=(
            "type: object\nrequired: [id, boss]\nproperties:\n  id: {type: string}\n"
            "  boss: {$ref: '#/$defs/Boss'}\n  friends: {type: array, items: {$ref: User.yaml}}\n"
            "$defs:\n  Boss: {type: object, properties: {name: {$ref: '../openapi.yaml#/x-name'}}}\n"
        ),
        common_json={"id": {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}},
    )
    with path.open("a", encoding="utf-8") as file:
        file.write("x-name: {type: string, example: Ana}\n")
    loaded = load(path)
    assert {file.name for file in loaded.files} == {"openapi.yaml", "user.yaml", "User.yaml", "common.json"}
    async with client_of(path) as client:
        assert (await client.get("/users/7")).json() == {"id": "7", "boss": {"name": "Ana"}, "friends": []}
        assert (await client.get("/me")).status_code == 204


@pytest.mark.parametrize(
    "text",
    [
        f"openapi: 3.0.0\npaths: {{/x: {{get: {{responses: {{200: {_ONE}}}}}}}}}",
        (
            f"openapi: 3.1.0\ninfo: {{title: '{{{{URL}}}} {{# no #}}'}}\n"
            f"paths: {{/x: {{get: {{responses: {{'200': {_ONE}}}}}}}}}"
        ),
        '{"openapi":"3.2.0","paths":{"/x":{"get":{"responses":{"2XX":{"content":{"application/json":{"example":1}}}}}}}}',
        (
            f"openapi: 3.0.0\nservers: [{{url: 'https://{{{{URL}}}}'}}]\n"
            f"paths: {{/x: {{get: {{responses: {{default: {_ONE}}}}}}}}}"
        ),
    ],
    ids=["integer keys", "text like Jinja", "JSON in a .yaml, 3.2", "a server that is a template"],
)
async def test_what_documents_leave_out_or_write_oddly_does_not_matter(tmp_path, text):
    async with client_of(write(tmp_path, openapi_yaml=text)) as client:
        answer = await client.get("/x")
    assert (answer.status_code, answer.json()) == (200, 1)


async def test_3_1_reads_what_stands_beside_a_reference():
    schemas = {"Name": {"type": "string"}}
    spec = answering({"$ref": "#/components/schemas/Name", "minLength": 9}, version="3.1.0")
    async with client_of(spec | {"components": {"schemas": schemas}}) as client:
        assert len((await client.get("/x")).json()) >= 9


async def test_3_2_query_and_additional_operations_are_served():
    operation = {"responses": {"204": {"description": ""}}}
    spec = document({"/x": {"query": operation, "additionalOperations": {"COPY": operation}}}, "3.2.0")
    async with client_of(spec) as client:
        assert (await client.request("QUERY", "/x")).status_code == 204
        assert (await client.request("COPY", "/x")).status_code == 204


def test_swagger_2_names_a_converter(tmp_path):
    with pytest.raises(BrokenDocument, match="swagger2openapi"):
        load(write(tmp_path, openapi_yaml='swagger: "2.0"\npaths: {}'))


def test_every_problem_is_listed_with_file_and_pointer(tmp_path):
    path = write(
        tmp_path,
        openapi_yaml=(
            "openapi: 3.0.0\npaths:\n  /a:\n    get:\n      parameters: [{in: query}]\n"
            "      responses: {200: {$ref: '#/components/responses/No'}}\n"
            "  b: 3\n  /c: {$ref: 'c.yaml'}\n  /d: {$ref: 'gone.yaml'}\n"
        ),
        c_yaml="get: {responses: {200: {$ref: '#/nothing'}}}",
    )
    with pytest.raises(BrokenDocument) as caught:
        load(path)
    found = {(problem.file, problem.pointer) for problem in caught.value.problems}
    assert found == {
        ("openapi.yaml", "/paths/~1a/get/parameters/0"),
        ("openapi.yaml", "/paths/~1a/get/responses/200"),
        ("openapi.yaml", "/paths/b"),
        ("openapi.yaml", ""),
        ("c.yaml", "/get/responses/200"),
    }


@pytest.mark.parametrize(
    ("text", "where"), [("a: [1", "2:1"), ('{"openapi": }', "1:13"), ("- 1", ""), ("", ""), ("a: *x", "1:4")]
)
def test_what_cannot_be_parsed_says_where(tmp_path, text, where):
    path = tmp_path / ("openapi.json" if text.startswith("{") else "openapi.yaml")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BrokenDocument) as caught:
        load(path)
    assert caught.value.problems[0].pointer == where


async def test_lenient_serves_what_can_be_served(tmp_path):
    path = write(
        tmp_path,
        openapi_yaml=(
            "openapi: 3.0.0\npaths:\n  /good: {get: {responses: {204: {description: x}}}}\n"
            "  /bad: {post: {requestBody: {$ref: '#/no'}, responses: {200: {$ref: '#/no'}}}}\n"
        ),
    )
    async with client_of(load(path, lenient=True).root) as client:
        assert (await client.get("/good")).status_code == 204
        assert (await client.post("/bad")).status_code == 200


def router(*paths):
    return Router(Document(document({path: {"get": {"responses": {}}} for path in paths})))


@pytest.mark.parametrize(
    ("paths", "asked", "path", "parameters"),
    [
        (["/a/{x}", "/a/b"], "/a/b", "/a/b", {}),
        (["/a/{x}", "/a/b"], "/a/c", "/a/{x}", {"x": "c"}),
        (["/a/{x}/c", "/a/b/{y}"], "/a/b/c", "/a/b/{y}", {"y": "c"}),
        (["/a/{x}/d", "/a/b/c"], "/a/b/d", "/a/{x}/d", {"x": "b"}),
        (["/f/{name}.{ext}"], "/f/a.tar.gz", "/f/{name}.{ext}", {"name": "a", "ext": "tar.gz"}),
        (["/u({id})"], "/u(7)", "/u({id})", {"id": "7"}),
        (["/p/{x}:run", "/p/{x}"], "/p/a:run", "/p/{x}:run", {"x": "a"}),
        (["/p/{x}"], "/p/a%2Fb", "/p/{x}", {"x": "a/b"}),
        (["/p/{x}"], "/p/%C3%B1", "/p/{x}", {"x": "ñ"}),
        (["/{id}{ext}", "/create{ext}"], "/create.json", "/create{ext}", {"ext": ".json"}),
        (["/"], "/", "/", {}),
    ],
)
def test_fixed_segments_go_before_templates(paths, asked, path, parameters):
    found = router(*paths).find("get", asked)
    assert (found.operation.path, found.parameters) == (path, parameters)


def test_operations_told_apart_by_a_query_in_their_path_are_found():
    routes = router("/#Action=Send", "/#Action=Stop", "/?v=1")
    assert routes.find("get", "/", b"Action=Stop&x=1").operation.path == "/#Action=Stop"
    assert routes.find("get", "/", b"v=1").operation.path == "/?v=1"
    assert routes.find("get", "/", b"") == []


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
        ("A: {properties: {value: {$ref: '#/no'}}}", "/components/schemas/A/properties/value: $ref #/no leads nowhere"),
        ("A: {$ref: '#/components/schemas/B'}\n    B: {$ref: '#/components/schemas/A'}", "schemas/B leads nowhere"),
        ("A: {$ref: '#nobody'}", "$ref #nobody leads nowhere"),
        ("A: {$ref: 'other.yaml#/no'}", "$ref other.yaml#/no leads nowhere"),
    ],
)
def test_a_reference_that_leads_nowhere_is_told_as_it_is_written(tmp_path, schemas, message):
    text = f"openapi: 3.1.0\npaths: {{}}\ncomponents:\n  schemas:\n    {schemas}\n"
    with pytest.raises(BrokenDocument) as caught:
        load(write(tmp_path, openapi_yaml=text, other_yaml="a: {}"))
    assert message in str(caught.value)


def test_a_key_that_occurs_twice_is_told_where(tmp_path):
    text = "openapi: 3.0.0\npaths:\n  /a: {}\npaths:\n  /b: {}\n"
    with pytest.raises(BrokenDocument, match=r"openapi\.yaml:4:1: the key 'paths' occurs twice"):
        load(write(tmp_path, openapi_yaml=text))


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


async def test_every_value_of_a_servers_variables_is_served():
    servers = [{"url": "/{version}", "variables": {"version": {"default": "v2", "enum": ["v1", "v2"]}}}]
    async with client_of(answering({"type": "integer"}) | {"servers": servers}) as client:
        statuses = [(await client.get(path)).status_code for path in ("/v1/x", "/v2/x", "/v3/x")]
    assert statuses == [200, 200, 404]


async def test_an_interim_status_is_no_answer():
    async with client_of(document({"/x": {"get": {"responses": {"101": {"description": "switch"}}}}})) as client:
        assert (await client.get("/x")).status_code == 200
