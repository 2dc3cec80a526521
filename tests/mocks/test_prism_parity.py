"""Prism's documented behaviour as a mock, one row each: a team that changes to `cierre mock` finds it again.

Where we differ on purpose the test says so in its name.
"""

import base64

import pytest

from tests.support.mocked import client_of, document
from tests.support.pets import CAT, DOG, ERROR, PETS, content

# --- which response and which example


@pytest.mark.parametrize(
    ("path", "headers", "status", "body"),
    [
        ("/pets/x", {}, 200, CAT),  # the lowest 2xx and its first example
        ("/pets/x", {"Prefer": "code=404"}, 404, {"error": "gone"}),
        ("/pets/x?__code=404", {}, 404, {"error": "gone"}),
        ("/pets/x", {"Prefer": "example=dog"}, 200, DOG),
        ("/pets/x?__example=dog", {}, 200, DOG),
        ("/pets/x", {"Prefer": "code=200, example=dog"}, 200, DOG),
        ("/pets/x", {"Prefer": "status=404"}, 404, {"error": "gone"}),
    ],
)
async def test_status_and_example_are_chosen_by_prefer(path, headers, status, body):
    async with client_of(PETS) as client:
        answer = await client.get(path, headers=headers)
    assert answer.status_code == status
    assert answer.json() == body


@pytest.mark.parametrize("prefer", ["code=418", "example=nope", "code=404, example=cat"])
async def test_what_the_document_does_not_have_is_404_and_says_what_it_has(prefer):
    async with client_of(PETS) as client:
        answer = await client.get("/pets/x", headers={"Prefer": prefer})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["available"]


async def test_default_covers_a_status_that_has_no_entry_of_its_own():
    spec = document({"/x": {"get": {"responses": {"200": content(), "default": content(ERROR)}}}})
    async with client_of(spec) as client:
        answer = await client.get("/x", headers={"Prefer": "code=503"})
    assert answer.status_code == 503
    assert "error" in answer.json()


async def test_without_a_success_default_is_answered_as_200():
    async with client_of(document({"/x": {"get": {"responses": {"default": content()}}}})) as client:
        assert (await client.get("/x")).status_code == 200


async def test_headers_of_the_document_are_sent():
    async with client_of(PETS) as client:
        assert (await client.get("/pets/x")).headers["x-rate"] == "7"


# --- negotiation


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "application/json"),
        ("application/xml", "application/xml"),
        ("application/xml;q=0.1, application/json", "application/json"),
        ("application/json;q=0.1, application/xml", "application/xml"),
        ("text/html, application/xml;q=0.9, */*;q=0.8", "application/xml"),
        ("application/*", "application/json"),
        ("application/json;q=0, */*", "application/xml"),
    ],
)
async def test_accept_is_negotiated_with_q_values(accept, content_type):
    async with client_of(PETS) as client:
        answer = await client.get("/pets/x", headers={"Accept": accept})
    assert answer.headers["content-type"] == content_type


async def test_nothing_acceptable_is_406():
    async with client_of(PETS) as client:
        answer = await client.get("/pets/x", headers={"Accept": "image/png"})
    assert answer.status_code == 406


async def test_json_of_some_kind_serves_who_asks_for_json():
    spec = document(
        {"/x": {"get": {"responses": {"200": {"content": {"application/vnd.x+json": {"example": {"a": 1}}}}}}}}
    )
    async with client_of(spec) as client:
        answer = await client.get("/x", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/vnd.x+json")


# --- refusals


async def test_an_invalid_request_gets_the_documents_422_first():
    async with client_of(PETS) as client:
        answer = await client.post("/pets", json={"id": "x"})
    assert answer.status_code == 422
    assert "error" in answer.json()
    assert "/id" in answer.headers["mock-violations"]


async def test_then_its_400():
    async with client_of(PETS) as client:
        assert (await client.put("/pets", json={})).status_code == 400


async def test_otherwise_problem_details_list_every_violation():
    async with client_of(PETS) as client:
        answer = await client.get("/pets/x?limit=10")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert [(item["location"], item["pointer"]) for item in answer.json()["violations"]] == [("query", "/limit")]


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("GET", "/nope", {}, 404),
        ("PATCH", "/pets", {}, 405),
        ("POST", "/pets", {"content": b"x", "headers": {"Content-Type": "text/plain"}}, 415),
        ("POST", "/pets", {"content": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ("POST", "/pets", {}, 422),
    ],
)
async def test_what_fits_no_operation_is_refused(method, path, more, status):
    async with client_of(PETS) as client:
        answer = await client.request(method, path, **more)
    assert answer.status_code == status
    if status == 405:
        assert answer.headers["allow"] == "PUT, POST, OPTIONS"


@pytest.mark.parametrize("how", [{"validate": "off"}, {"validate": "warn"}])
async def test_unlike_prism_validation_can_be_switched_off(how):
    async with client_of(PETS, **how) as client:
        assert (await client.post("/pets", json={"id": "x"})).status_code == 201
        assert (await client.get("/pets/x?limit=10")).status_code == 200


async def test_unlike_prism_a_single_call_can_switch_validation():
    async with client_of(PETS) as client:
        assert (await client.get("/pets/x?limit=10", headers={"Prefer": "validate=off"})).status_code == 200


# --- security


SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "basic": {"type": "http", "scheme": "basic"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "oauth": {"type": "oauth2", "flows": {}},
    "oidc": {"type": "openIdConnect", "openIdConnectUrl": "https://example.com"},
}
BASIC = base64.b64encode(b"ana:secreto").decode()


def secured(*alternatives):
    operation = {"security": list(alternatives), "responses": {"204": {"description": ""}}}
    return document({"/x": {"get": operation}}, components={"securitySchemes": SCHEMES})


@pytest.mark.parametrize(
    ("alternative", "path", "headers", "status"),
    [
        ({"key": []}, "/x", {"X-Key": "a"}, 204),
        ({"key": []}, "/x", {}, 401),
        ({"query": []}, "/x?key=a", {}, 204),
        ({"query": []}, "/x", {}, 401),
        ({"cookie": []}, "/x", {"Cookie": "a=b; sid=c"}, 204),
        ({"cookie": []}, "/x", {"Cookie": "a=b"}, 401),
        ({"basic": []}, "/x", {"Authorization": f"Basic {BASIC}"}, 204),
        ({"basic": []}, "/x", {"Authorization": "Basic ???"}, 401),
        ({"basic": []}, "/x", {"Authorization": "Bearer a"}, 401),
        ({"bearer": []}, "/x", {"Authorization": "Bearer a.b.c"}, 204),
        ({"bearer": []}, "/x", {"Authorization": "bearer a"}, 204),
        ({"bearer": []}, "/x", {"Authorization": "Bearer"}, 401),
        ({"oauth": ["read"]}, "/x", {"Authorization": "Bearer a"}, 204),
        ({"oidc": []}, "/x", {}, 401),
        ({"key": [], "bearer": []}, "/x", {"X-Key": "a"}, 401),
        ({"key": [], "bearer": []}, "/x", {"X-Key": "a", "Authorization": "Bearer a"}, 204),
        ({}, "/x", {}, 204),
    ],
)
async def test_credentials_are_looked_for_as_the_scheme_says(alternative, path, headers, status):
    async with client_of(secured(alternative)) as client:
        answer = await client.get(path, headers=headers)
    assert answer.status_code == status
    assert ("www-authenticate" in answer.headers) == (status == 401)


async def test_one_of_several_alternatives_is_enough():
    async with client_of(secured({"key": []}, {"bearer": []})) as client:
        assert (await client.get("/x", headers={"Authorization": "Bearer a"})).status_code == 204
        challenge = (await client.get("/x")).headers["www-authenticate"]
    assert "ApiKey" in challenge
    assert "Bearer" in challenge


async def test_unlike_prism_one_token_can_be_the_only_good_one():
    async with client_of(secured({"bearer": []}), token="secreto") as client:
        assert (await client.get("/x", headers={"Authorization": "Bearer otro"})).status_code == 401
        assert (await client.get("/x", headers={"Authorization": "Bearer secreto"})).status_code == 204


async def test_unlike_prism_security_can_be_switched_off():
    async with client_of(secured({"bearer": []}), security="off") as client:
        assert (await client.get("/x")).status_code == 204


# --- CORS, deprecation, HEAD


async def test_cors_echoes_the_origin_and_allows_credentials():
    async with client_of(PETS) as client:
        answer = await client.get("/pets/x", headers={"Origin": "http://app.test"})
    assert answer.headers["access-control-allow-origin"] == "http://app.test"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "x-rate" in answer.headers["access-control-expose-headers"]
    assert "Origin" in answer.headers["vary"]


async def test_a_preflight_is_answered_for_the_path():
    asked = {
        "Origin": "http://app.test",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    async with client_of(PETS) as client:
        answer = await client.options("/pets", headers=asked)
    assert answer.status_code == 204
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-headers"] == "authorization, content-type"


async def test_no_cors_sends_none_of_it():
    async with client_of(PETS, cors=False) as client:
        answer = await client.get("/pets/x", headers={"Origin": "http://app.test"})
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_deprecated_operations_say_so():
    async with client_of(PETS) as client:
        assert "deprecation" in (await client.delete("/pets/x")).headers
        assert "deprecation" not in (await client.get("/pets/x")).headers


async def test_head_is_get_without_a_body():
    async with client_of(PETS) as client:
        got, head = await client.get("/pets/x"), await client.head("/pets/x")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == got.headers["content-length"]
