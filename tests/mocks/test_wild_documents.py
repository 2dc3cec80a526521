"""What public documents do that no example of the standard does: each with the smallest document that shows it."""

import json

import pytest

from tests.support.mocked import answering, client_of, document

NODE = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
LICENSE = {"nullable": True, "allOf": [NODE]}
USER = {
    "oneOf": [{"$ref": "#/components/schemas/Public"}, {"$ref": "#/components/schemas/Private"}],
    "discriminator": {
        "propertyName": "view",
        "mapping": {"public": "#/components/schemas/Public", "private": "#/components/schemas/Private"},
    },
}
VIEW = {"view": {"type": "string"}, "name": {"type": "string"}}
USERS = {
    "Public": {"type": "object", "required": ["name"], "additionalProperties": False, "properties": VIEW},
    "Private": {"type": "object", "required": ["name", "plan"], "properties": {**VIEW, "plan": {"type": "string"}}},
}


async def got(spec, method="GET", path="/x", **request):
    async with client_of(spec) as client:
        return await client.request(method, path, **request)


async def test_parameters_of_the_path_are_read_from_the_query_that_a_path_has():
    name = {"name": "file", "in": "path", "required": True, "schema": {"type": "integer"}}
    spec = document({"/export?file={file}": {"get": {"parameters": [name], "responses": {"204": {"description": ""}}}}})
    assert (await got(spec, path="/export?file=7")).status_code == 204
    assert (await got(spec, path="/export?file=a")).status_code == 422
    assert (await got(spec, path="/export")).status_code == 422


# --- answers by the letter


async def test_null_beside_a_composition_is_left_out_where_it_may_be():
    spec = answering(
        {"type": "object", "properties": {"id": {}, "license": LICENSE}}, example={"id": 1, "license": None}
    )
    assert (await got(spec)).json() == {"id": 1}


async def test_null_beside_a_composition_is_replaced_where_it_is_required():
    schema = {"type": "object", "required": ["license"], "properties": {"license": LICENSE}}
    assert (await got(answering(schema, example={"license": None}))).json() == {"license": {"id": 0}}


async def test_null_stays_where_nothing_else_ends_a_recursion():
    link = {"nullable": True, "allOf": [{"$ref": "#/components/schemas/Node"}]}
    node = {"type": "object", "required": ["next"], "properties": {"next": link}}
    spec = answering({"$ref": "#/components/schemas/Node"}) | {"components": {"schemas": {"Node": node}}}
    assert (await got(spec)).json() == {"next": None}


@pytest.mark.parametrize(("example", "view"), [({"name": "a"}, "public"), ({"name": "a", "plan": "b"}, "private")])
async def test_an_example_gets_the_discriminator_that_it_lacks(example, view):
    spec = answering(USER, example=example) | {"components": {"schemas": USERS}}
    assert (await got(spec)).json() == {**example, "view": view}


# --- refusals


@pytest.mark.parametrize("content", [None, {"application/json": {"schema": NODE}}])
async def test_a_refusal_keeps_to_the_default_that_is_the_only_answer(content):
    response = {"description": "Whatever happens.", **({"content": content} if content else {})}
    body = {"required": True, "content": {"application/json": {"schema": NODE}}}
    spec = document({"/x": {"post": {"requestBody": body, "responses": {"default": response}}}})
    answer = await got(spec, "POST", json={"id": "a"})
    assert answer.status_code == 422
    assert answer.content == (b'{"id":0}' if content else b"")
    assert json.loads(answer.headers["mock-violations"])[0]["pointer"] == "/id"


# --- requests


def taking(schema, kind):
    body = {"required": True, "content": {kind: {"schema": schema}}}
    return document({"/x": {"post": {"requestBody": body, "responses": {"204": {"description": ""}}}}})


@pytest.mark.parametrize(("text", "status"), [("<x>0</x>", 422), ("<x><id>7</id></x>", 204), ("<x> </x>", 204)])
async def test_a_text_of_xml_is_no_object(text, status):
    spec = taking({"type": "object", "properties": {"id": {"type": "integer"}}}, "application/xml")
    answer = await got(spec, "POST", content=text, headers={"Content-Type": "application/xml"})
    assert answer.status_code == status


@pytest.mark.parametrize(("kind", "status"), [("online", 204), ("offline", 204), ("elsewhere", 422)])
async def test_a_field_that_several_alternatives_describe_is_read_for_each_of_them(kind, status):
    def mandate(at, *kinds):
        return {"type": "object", "required": ["at"], "properties": {"at": at, "kind": {"enum": list(kinds)}}}

    either = [mandate({"type": "integer"}, "online", "offline"), mandate({"type": "string"}, "online")]
    spec = taking({"type": "object", "properties": {"mandate": {"anyOf": either}}}, "application/x-www-form-urlencoded")
    answer = await got(spec, "POST", data={"mandate[at]": "7", "mandate[kind]": kind})
    assert answer.status_code == status


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_a_form_whose_schema_is_a_text_is_that_text(kind):
    spec = taking({"type": "string", "minLength": 3}, kind.partition(";")[0])
    for text, status in (("hola", 204), ("a", 422)):
        answer = await got(spec, "POST", content=text, headers={"Content-Type": kind})
        assert answer.status_code == status


@pytest.mark.parametrize("sent", ["secreto", "Bearer secreto"])
async def test_an_api_key_in_authorization_is_of_any_form(sent):
    spec = document({"/x": {"get": {"security": [{"key": []}, {"bearer": []}], "responses": {"204": {}}}}})
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "Authorization"},
        "bearer": {"type": "http", "scheme": "bearer"},
    }
    spec["components"] = {"securitySchemes": schemes}
    async with client_of(spec, token="secreto") as client:
        assert (await client.get("/x", headers={"Authorization": sent})).status_code == 204
        assert (await client.get("/x", headers={"Authorization": "Bearer otro"})).status_code == 401


@pytest.mark.parametrize(("responses", "status"), [({"200": {}}, 200), ({"200": {}, "415": {}}, 415)])
async def test_a_body_that_no_operation_reads_is_refused_where_415_is_documented(responses, status):
    spec = document({"/x": {"post": {"responses": responses}}})
    assert (await got(spec, "POST", content="a", headers={"Content-Type": "text/plain"})).status_code == status
    assert (await got(spec, "POST")).status_code == 200


PET = {
    "type": "object",
    "required": ["kind"],
    "properties": {"kind": {"type": "string"}},
    "discriminator": {"propertyName": "kind", "mapping": {"dog": "#/components/schemas/Dog", "fish": "Fish"}},
}
PETS = {
    "Pet": PET,
    "Dog": {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"properties": {"lives": {"type": "integer"}}}]},
    "Puppy": {"allOf": [{"$ref": "#/components/schemas/Dog"}]},
    "Fish": {"allOf": [{"$ref": "#/components/schemas/Pet"}]},
}


@pytest.mark.parametrize(("name", "kind"), [("Pet", "dog"), ("Dog", "dog"), ("Puppy", "Puppy"), ("Fish", "fish")])
async def test_an_object_says_which_heir_of_a_discriminator_it_is(name, kind):
    spec = answering({"$ref": f"#/components/schemas/{name}"}) | {"components": {"schemas": PETS}}
    assert (await got(spec)).json()["kind"] == kind


@pytest.mark.parametrize("limit", [{"example": "old"}, {"enum": ["a"]}, {"pattern": "^[0-9]$"}])
async def test_a_discriminator_s_property_keeps_what_its_schema_says(limit):
    pet = {**PET, "properties": {"kind": {"type": "string", **limit}}}
    spec = answering({"$ref": "#/components/schemas/Dog"}) | {"components": {"schemas": {**PETS, "Pet": pet}}}
    assert (await got(spec)).json()["kind"] not in {"Dog", "dog", "string"}


@pytest.mark.parametrize("mapping", [7, {"dog": 7}, {"dog": "#/nowhere"}])
async def test_a_mapping_that_leads_nowhere_stops_nothing(mapping):
    pet = {**PET, "discriminator": {"propertyName": "kind", "mapping": mapping}}
    spec = answering({"$ref": "#/components/schemas/Pet"}) | {"components": {"schemas": {**PETS, "Pet": pet}}}
    assert (await got(spec)).json() == {"kind": "string"}
