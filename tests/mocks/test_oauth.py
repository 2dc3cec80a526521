"""`/__mock/oauth/…`: every flow of OAuth gets a token; tests/end_to_end/browser clicks "Authorize"."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.mocked import client_of, document

OAUTH = "http://localhost/__mock/oauth"
BACK = "http://localhost:4010/__mock/docs/oauth2-redirect.html"
FLOW = {"authorizationUrl": "https://login.example/a", "tokenUrl": "https://login.example/t", "scopes": {"read": ""}}


def spec(**schemes):
    operation = {"security": [{name: []} for name in schemes], "responses": {"204": {"description": ""}}}
    return document({"/x": {"get": operation}}, components={"securitySchemes": schemes})


@pytest.mark.parametrize("grant", ["authorization_code", "client_credentials", "password", "refresh_token"])
async def test_any_grant_gets_a_token_that_the_mock_accepts(grant):
    scheme = {"type": "oauth2", "flows": {"password": {"tokenUrl": "https://login.example/t", "scopes": {}}}}
    async with client_of(spec(oauth=scheme), token="secreto") as client:
        answer = await client.post(f"{OAUTH}/token", data={"grant_type": grant, "scope": "read"})
        token = answer.json()["access_token"]
        assert (await client.get("/x", headers={"Authorization": f"Bearer {token}"})).status_code == 204
    assert answer.json()["scope"] == "read"
    assert ("refresh_token" in answer.json()) == (grant != "client_credentials")


async def test_an_unknown_grant_is_told():
    async with client_of(spec()) as client:
        answer = await client.post(f"{OAUTH}/token", data={"grant_type": "telepathy"})
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


async def test_the_browser_is_sent_back_with_a_code():
    async with client_of(spec()) as client:
        answer = await client.get(
            f"{OAUTH}/authorize", params={"response_type": "code", "redirect_uri": BACK, "state": "a b&c"}
        )
    where = urlsplit(answer.headers["Location"])
    assert answer.status_code == 302
    assert where.geturl().startswith(BACK)
    assert parse_qs(where.query) == {"code": ["mock-code"], "state": ["a b&c"]}


async def test_the_implicit_flow_has_the_token_behind_the_hash():
    async with client_of(spec()) as client:
        answer = await client.get(f"{OAUTH}/authorize", params={"response_type": "token", "redirect_uri": BACK})
    where = urlsplit(answer.headers["Location"])
    assert where.query == ""
    assert parse_qs(where.fragment)["token_type"] == ["Bearer"]
    assert "refresh_token" not in parse_qs(where.fragment)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "", "http://["])
async def test_nobody_is_sent_elsewhere(target):
    async with client_of(spec()) as client:
        answer = await client.get(f"{OAUTH}/authorize", params={"redirect_uri": target})
    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_a_page_of_another_site_gets_no_token():
    async with client_of(spec()) as client:
        asked = {"data": {"grant_type": "password"}, "headers": {"Origin": "https://evil.example"}}
        assert (await client.post(f"{OAUTH}/token", **asked)).status_code == 403
        assert (await client.get(f"{OAUTH}/nothing")).status_code == 404


async def test_the_page_s_document_has_the_mock_s_addresses_in_every_flow():
    flows = dict.fromkeys(("authorizationCode", "clientCredentials", "password", "implicit"), FLOW)
    schemes = {
        "oauth": {"type": "oauth2", "flows": flows},
        "oidc": {"type": "openIdConnect", "openIdConnectUrl": "https://login.example/.well-known"},
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    }
    async with client_of(spec(**schemes)) as client:
        page = (await client.get("http://localhost/__mock/docs/openapi.json")).json()["components"]["securitySchemes"]
        served = (await client.get("http://localhost/__mock/openapi.json")).json()["components"]["securitySchemes"]
    assert served == schemes
    assert "login.example" not in str(page)
    assert page["key"] == schemes["key"]
    for scheme in (page["oauth"], page["oidc"]):
        assert scheme["type"] == "oauth2"
        assert "any client id" in scheme["description"]
    urls = {name: {key for key in flow if key.endswith("Url")} for name, flow in page["oauth"]["flows"].items()}
    assert urls == {
        "authorizationCode": {"authorizationUrl", "tokenUrl"},
        "clientCredentials": {"tokenUrl"},
        "password": {"tokenUrl"},
        "implicit": {"authorizationUrl"},
    }
