"""The page of the mock at /__mock/docs, as a person uses it."""

import json

import pytest
from playwright.async_api import expect

from tests.end_to_end.browser.conftest import BROWSER
from tests.support.mocked import started

pytestmark = BROWSER

NOTE = {
    "type": "object",
    "required": ["id", "text"],
    "properties": {"id": {"type": "integer"}, "text": {"type": "string"}},
}
PATH = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
RESPONSES = {
    "200": {"description": "A note.", "content": {"application/json": {"schema": NOTE}}},
    "401": {"description": "Who?"},
}
GET = {"operationId": "get_note", "tags": ["notes"], "parameters": [PATH], "responses": RESPONSES}
SPEC = {
    "info": {"title": "Notes", "version": "1"},
    "servers": [{"url": "https://notes.example/v1"}],
    "paths": {"/notes/{id}": {"get": GET}},
    "security": [{"bearer": []}],
    "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
}


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
async def test_authorize_and_try_it_out_ask_the_mock(page, tmp_path, version):
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps({"openapi": version, **SPEC}), encoding="utf-8")
    mistakes = []
    page.on("console", lambda message: mistakes.append(message.text) if "Content Security" in message.text else None)
    with started(tmp_path, path) as (url, _):
        await page.goto(f"{url}/__mock/docs")
        assert f"of the document: {url}/__mock/docs" in (tmp_path / "mock.log").read_text()
        operation = page.locator("#operations-notes-get_note")
        await operation.locator(".opblock-summary").click()
        await operation.locator(".parameters input").first.fill("7")
        await operation.locator(".btn.execute").click()
        answer = operation.locator(".live-responses-table .response").first
        await expect(answer.locator(".response-col_status")).to_contain_text("401")

        await page.locator(".btn.authorize").first.click()
        await page.locator(".auth-container input").first.fill("secret")
        await page.locator(".auth-btn-wrapper .authorize").first.click()
        await page.locator(".auth-btn-wrapper .btn-done").first.click()
        await operation.locator(".btn.execute").click()
        await expect(answer.locator(".response-col_status")).to_contain_text("200")
        await expect(answer).to_contain_text('"id": 7')
    assert mistakes == []


FLOW = {"authorizationUrl": "https://login.example/a", "tokenUrl": "https://login.example/t", "scopes": {}}


@pytest.mark.parametrize("flow", ["authorizationCode", "clientCredentials", "password", "implicit"])
async def test_authorize_gets_a_token_by_each_flow(page, tmp_path, flow):
    path = tmp_path / "openapi.json"
    schemes = {"oauth": {"type": "oauth2", "flows": {flow: FLOW}}}
    spec = {**SPEC, "security": [{"oauth": []}], "components": {"securitySchemes": schemes}}
    path.write_text(json.dumps({"openapi": "3.0.3", **spec}), encoding="utf-8")
    with started(tmp_path, path, "--token", "secreto") as (url, _):
        await page.goto(f"{url}/__mock/docs")
        await page.locator(".btn.authorize").first.click()
        if flow == "password":
            await page.locator("#oauth_username").fill("anybody")
            await page.locator("#oauth_password").fill("anything")
        await page.locator(".auth-btn-wrapper .authorize").first.click()
        await expect(page.locator(".auth-btn-wrapper .btn").first).to_contain_text("Logout")
        await page.locator(".auth-btn-wrapper .btn-done").first.click()

        operation = page.locator("#operations-notes-get_note")
        await operation.locator(".opblock-summary").click()
        await operation.locator(".parameters input").first.fill("7")
        await operation.locator(".btn.execute").click()
        answer = operation.locator(".live-responses-table .response").first
        await expect(answer.locator(".response-col_status")).to_contain_text("200")


@pytest.mark.parametrize("option", [(), ("--cache",)])
async def test_prefer_is_not_answered_from_the_browsers_cache(page, tmp_path, option):
    fresh = {"Cache-Control": {"schema": {"type": "string"}, "example": "max-age=3600"}}
    responses = {"200": {"description": "", "headers": fresh}, "429": {"description": "", "headers": fresh}}
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps({"openapi": "3.0.3", "paths": {"/x": {"get": {"responses": responses}}}}))
    with started(tmp_path, path, *option) as (url, _):
        await page.goto(f"{url}/x")
        ask = "prefer => fetch('/x', {headers: prefer ? {Prefer: prefer} : {}}).then(answer => answer.status)"
        found = [await page.evaluate(ask, prefer) for prefer in ("", "code=429", "", "code=200", "code=429")]
    assert found == [200, 429, 200, 200, 429]
