"""Documents as people write them: many files, few obligations, and every problem told at once."""

import pytest

from cierre.mocks.loading import load
from cierre.oas.errors import BrokenDocument
from tests.support.mocked import answering, client_of, document, write

_ONE = "{content: {application/json: {example: 1}}}"


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
    assert {file.name for file in loaded.paths} == {"openapi.yaml", "user.yaml", "User.yaml", "common.json"}
    async with client_of(path) as client:
        user = (await client.get("/users/7")).json()
        assert (await client.get("/me")).status_code == 204
    (friend,) = user.pop("friends")
    assert user == {"id": "7", "boss": {"name": "Ana"}}
    assert friend["boss"] == {"name": "Ana"}
    assert friend["friends"] == []


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


async def test_swagger_2_is_served_below_its_base_path():
    id_ = {"name": "id", "in": "path", "required": True, "type": "integer"}
    pet = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
    get = {"parameters": [id_], "responses": {"200": {"description": "", "schema": {"$ref": "#/definitions/Pet"}}}}
    form = [{"name": "name", "in": "formData", "type": "string", "required": True}]
    paths = {
        "/pets/{id}": {"get": get, "post": {"parameters": [id_, *form], "responses": {"204": {"description": ""}}}}
    }
    head = {"swagger": "2.0", "info": {"title": "t", "version": "1"}, "host": "pets.example", "basePath": "/v2"}
    async with client_of(head | {"paths": paths, "definitions": {"Pet": pet}}) as client:
        assert (await client.get("/v2/pets/7")).json()["id"] == 7
        assert (await client.get("/v2/pets/x")).status_code == 422
        assert (await client.post("/v2/pets/7", data={"name": "Toby"})).status_code == 204
        assert (await client.post("/v2/pets/7", data={"nombre": "Toby"})).status_code == 422


def test_swagger_1_is_told(tmp_path):
    with pytest.raises(BrokenDocument, match=r"only 2\.0 of Swagger"):
        load(write(tmp_path, openapi_yaml='swagger: "1.2"\npaths: {}'))


def test_every_problem_is_listed_with_file_line_and_column(tmp_path):
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
    found = {problem.place.removeprefix(f"{tmp_path}/") for problem in caught.value.problems}
    # The parameter, its answer, the path, the file that is gone, and what another file refers to.
    assert found == {
        "openapi.yaml:5:20",
        "openapi.yaml:6:25",
        "openapi.yaml:7:3",
        "openapi.yaml:9:8",
        "c.yaml:1:25",
    }


@pytest.mark.parametrize(
    ("text", "where"), [("a: [1", "2:1"), ('{"openapi": }', "1:13"), ("- 1", None), ("", None), ("a: *x", "1:4")]
)
def test_what_cannot_be_parsed_says_where(tmp_path, text, where):
    path = tmp_path / ("openapi.json" if text.startswith("{") else "openapi.yaml")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BrokenDocument) as caught:
        load(path)
    assert caught.value.problems[0].place == (f"{path}:{where}" if where else str(path))


@pytest.mark.parametrize("security", ["7", "{k: []}", "{$ref: '#/gone'}"])
@pytest.mark.parametrize("at_the_top", [True, False])
def test_security_that_is_no_list_does_not_open_an_api_unsaid(tmp_path, security, at_the_top):
    operation = "" if at_the_top else f", security: {security}"
    text = f"openapi: 3.0.3\npaths: {{/x: {{get: {{responses: {{}}{operation}}}}}}}\n"
    path = write(tmp_path, openapi_yaml=text + (f"security: {security}\n" if at_the_top else ""))
    with pytest.raises(BrokenDocument, match="no credentials are wanted"):
        load(path)
    assert load(path, lenient=True).problems


async def test_lenient_serves_what_can_be_served(tmp_path):
    path = write(
        tmp_path,
        openapi_yaml=(
            "openapi: 3.0.0\npaths:\n  /good: {get: {responses: {204: {description: x}}}}\n"
            "  /bad: {post: {requestBody: {$ref: '#/no'}, responses: {200: {$ref: '#/no'}}}}\n"
        ),
    )
    async with client_of(load(path, lenient=True)) as client:
        assert (await client.get("/good")).status_code == 204
        assert (await client.post("/bad")).status_code == 200


def test_a_key_that_occurs_twice_is_told_where(tmp_path):
    text = "openapi: 3.0.0\npaths:\n  /a: {}\npaths:\n  /b: {}\n"
    with pytest.raises(BrokenDocument, match=r"openapi\.yaml:4:1: the key 'paths' occurs twice"):
        load(write(tmp_path, openapi_yaml=text))


async def test_every_value_of_a_servers_variables_is_served():
    servers = [{"url": "/{version}", "variables": {"version": {"default": "v2", "enum": ["v1", "v2"]}}}]
    async with client_of(answering({"type": "integer"}) | {"servers": servers}) as client:
        statuses = [(await client.get(path)).status_code for path in ("/v1/x", "/v2/x", "/v3/x")]
    assert statuses == [200, 200, 404]


async def test_an_interim_status_is_no_answer():
    async with client_of(document({"/x": {"get": {"responses": {"101": {"description": "switch"}}}}})) as client:
        assert (await client.get("/x")).status_code == 200


@pytest.mark.parametrize("types", [["integer", "null"], ["null", "number"]])
async def test_a_format_of_integers_beside_null(types):
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": types, "format": "int32"}}}
    async with client_of(answering(schema, version="3.1.0")) as client:
        assert type((await client.get("/x")).json()["a"]) in {int, float}


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize("section", ["webhooks", "components"])
def test_a_document_of_webhooks_or_components_alone_starts(tmp_path, version, section):
    text = f"openapi: {version}\ninfo: {{title: t, version: '1'}}\n{section}: {{}}\n"
    assert list(load(write(tmp_path, openapi_yaml=text)).operations()) == []


@pytest.mark.parametrize("body", ["", "      requestBody: {content: {application/json: {}, required: true}}\n"])
async def test_a_key_of_content_that_is_no_media_type_is_told_and_not_served(tmp_path, body):
    path = write(
        tmp_path,
        openapi_yaml=(
            "openapi: 3.0.3\npaths:\n  /x:\n    post:\n"
            + body
            + "      responses:\n        '200':\n          content:\n"
            "            description: the thing\n            application/json: {example: {a: 1}}\n"
        ),
    )
    messages = [str(problem) for problem in load(path).problems]
    assert f"openapi.yaml:{9 if body else 8}:13: 'description' is no media type" in messages[-1]
    assert len(messages) == (2 if body else 1)
    async with client_of(path) as client:
        answer = await client.post("/x", json={})
        refused = await client.post("/x", content="a", headers={"Content-Type": "text/plain"})
    assert (answer.headers["content-type"], answer.json()) == ("application/json", {"a": 1})
    assert refused.status_code == (415 if body else 200)
    assert "required" not in refused.headers.get("accept-post", "")
