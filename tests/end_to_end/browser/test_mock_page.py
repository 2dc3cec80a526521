"""The page of the mock at /__mock/, as a person uses it: with the mouse, the keyboard, a small screen, in the dark."""

import json

import httpx
import pytest
from playwright.async_api import expect

from tests.conftest import missing
from tests.end_to_end.browser.conftest import BROWSER
from tests.support.mocked import document, started
from tests.support.paths import ROOT

pytestmark = BROWSER

NOTE = {"type": "object", "required": ["text"], "properties": {"id": {"type": "integer"}, "text": {"type": "string"}}}
JSON = "application/json"
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
FOUND = {"short": {"value": {"id": 1, "text": "one"}}, "long": {"value": {"id": 2, "text": "two"}}}
READ = {
    "operationId": "readNote",
    "summary": "One note",
    "tags": ["notes"],
    "deprecated": True,
    "parameters": [ID],
    "responses": {
        "200": {"description": "It.", "content": {JSON: {"schema": NOTE, "examples": FOUND}}},
        "404": {"description": "None."},
    },
}
CREATE = {
    "operationId": "createNote",
    "tags": ["notes"],
    "requestBody": {"required": True, "content": {JSON: {"schema": NOTE}}},
    "responses": {"201": {"description": "Made.", "content": {JSON: {"schema": NOTE}}}},
}
SPEC = document({"/notes/{id}": {"get": READ}, "/notes": {"post": CREATE}}, info={"title": "Notes", "version": "1"})


@pytest.fixture
def mock(tmp_path):
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(SPEC, indent=1), encoding="utf-8")
    with started(tmp_path, path, "--stateful") as (url, _):
        yield url


@pytest.fixture
def axe():
    """What axe-core finds serious on a page."""
    script = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        missing("axe-core is not installed: npm ci")

    async def find(page):
        await page.evaluate(script.read_text(encoding="utf-8"))
        found = (await page.evaluate("axe.run()"))["violations"]
        return [
            (one["id"], one["nodes"][0]["html"], one["nodes"][0]["failureSummary"])
            for one in found
            if one["impact"] in {"serious", "critical"}
        ]

    return find


async def opened(page, url):
    mistakes = []
    page.on("console", lambda message: mistakes.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    await page.goto(f"{url}/__mock/")
    await expect(page.locator("#live")).to_contain_text("0")
    return mistakes


async def test_answers_are_set_requests_sent_and_looked_at(page, mock, axe):
    async def post(text):
        async with httpx.AsyncClient() as client:
            return (await client.post(f"{mock}/notes", json={"text": text})).status_code

    mistakes = await opened(page, mock)
    # The browser asks for Spanish; the switch is for English, and is kept.
    await expect(page.locator("#log-heading")).to_have_text("Peticiones")
    await page.locator("#language").click()
    await page.reload()
    await expect(page.locator("#log-heading")).to_have_text("Requests")

    await page.get_by_role("button", name="/notes/{id}").click()
    await page.get_by_role("button", name="404: answer this once").click()
    await expect(page.locator("#set-now")).to_contain_text("404 · once")
    await page.get_by_role("button", name="200 long: answer this from now on").click()
    await expect(page.locator("#set-now")).to_contain_text("200 · long · from now on")
    await page.get_by_role("button", name="404: answer this once").click()
    await expect(page.locator("#set-now li")).to_have_text(["404 · once", "200 · long · from now on"])
    send = page.get_by_role("button", name="Send", exact=True)
    await send.click()
    await expect(page.locator("#sent")).to_contain_text("Answered 404")
    await send.click()
    await expect(page.locator("#sent")).to_contain_text('"text": "two"')
    lines = page.locator("#calls .line")
    await expect(lines).to_have_count(2)
    await expect(lines.first).to_contain_text("set at /__mock/")
    await expect(lines.nth(1)).to_contain_text("404")
    await page.get_by_role("button", name="Let the mock choose").click()
    await expect(page.locator("#set-now li")).to_have_count(0)

    await page.get_by_text("An answer of your own").click()
    await page.locator("#own-headers").fill("X-Mine: yes")
    await page.locator("#own-body").fill('{"text": 7}')
    await page.get_by_role("button", name="own body: answer this once").click()
    await expect(page.locator("#said")).to_contain_text('/text: 7 is not of type "string"')
    await send.click()
    await expect(page.locator("#sent")).to_contain_text('"text": 7')

    assert await post(7) == 422
    await lines.filter(has_text="POST").click()
    dialog = page.locator("dialog")
    await expect(dialog).to_contain_text('7 is not of type "string"')
    await expect(dialog.locator("code")).to_contain_text("openapi.json:")
    await expect(dialog).to_contain_text("curl -X POST")
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        assert await axe(page) == []
    await dialog.get_by_role("button", name="Expect this next time").click()
    await page.keyboard.press("Escape")
    await expect(dialog).not_to_be_visible()
    assert [await post("fine"), await post("fine")] == [422, 201]
    await expect(page.locator("#state")).to_contain_text("notes")
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        assert await axe(page) == []
    # A refusal that somebody asked for is no mistake of the page.
    assert [text for text in mistakes if "status of 404" not in text] == []


async def test_a_small_screen_and_the_keyboard_are_enough(page, mock):
    await page.set_viewport_size({"width": 360, "height": 740})
    await opened(page, mock)
    await page.get_by_role("button", name="Operaciones").press("Enter")
    await page.locator("#search").fill("readnote")
    await page.locator("#search").press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#operation-heading")).to_have_text("GET /notes/{id}")
    await expect(page.locator("#operation")).to_be_visible()
    await page.get_by_role("button", name="404: responder esto una vez").press("Enter")
    await page.locator("#target").press("Enter")
    await expect(page.locator("#sent")).to_contain_text("Respondió 404")
    await page.get_by_role("button", name="Peticiones").press("Enter")
    await page.locator("#calls .line").press("Enter")
    await expect(page.locator("dialog")).to_contain_text("Por qué esta respuesta")
    assert await page.evaluate("document.documentElement.scrollWidth") == 360


async def test_of_a_large_document_only_what_is_opened_is_drawn(page, tmp_path):
    answer = {"responses": {"204": {"description": ""}}}
    paths = {f"/x{number}": {"get": {**answer, "tags": [f"tag{number % 12}"]}} for number in range(1200)}
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(document(paths)), encoding="utf-8")
    with started(tmp_path, path) as (url, _):
        await opened(page, url)
        await expect(page.locator("#operations-list details")).to_have_count(12)
        await expect(page.locator("#operations-list .line")).to_have_count(0)
        await page.locator("#operations-list summary").first.click()
        await expect(page.locator("#operations-list .line")).to_have_count(100)
        await page.locator("#search").fill("/x1")
        await expect(page.locator("#operations-list .line")).to_have_count(100)
        await page.locator("#search").fill("/x1199")
        await page.locator("#operations-list .line").click()
        await expect(page.locator("#operation-heading")).to_have_text("GET /x1199")


SCENARIOS = """
scenarios:
  gone:
    description: The note is gone.
    steps:
      - operation: readNote
        answers: [{status: 404, times: 1}]
  long:
    on: false
    steps:
      - operation: readNote
        answers: [{example: long}]
"""


async def test_a_scenario_is_chosen_and_begins_anew(page, tmp_path, axe):
    spec, file = tmp_path / "openapi.json", tmp_path / "scenario.yaml"
    spec.write_text(json.dumps(SPEC), encoding="utf-8")
    file.write_text(SCENARIOS, encoding="utf-8")

    async def read(url):
        async with httpx.AsyncClient() as client:
            return (await client.get(f"{url}/notes/1")).status_code

    with started(tmp_path, spec, "--scenario", file) as (url, _):
        mistakes = await opened(page, url)
        select = page.get_by_label("Escenario:")
        await expect(select).to_have_value("gone")
        await expect(page.get_by_text("The note is gone.")).to_be_visible()
        assert [await read(url) for _ in range(2)] == [404, 200]
        await page.get_by_role("button", name="Desde el principio").click()
        await expect(page.locator("#said")).to_have_text("El escenario empieza.")
        assert await read(url) == 404
        await select.select_option("long")
        await expect(page.get_by_text("The note is gone.")).to_be_hidden()
        assert await read(url) == 200
        # Another client switches all off.
        async with httpx.AsyncClient() as client:
            await client.put(f"{url}/__mock/scenarios", json={"on": []})
        await expect(select).to_have_value("")
        assert await axe(page) == []
        assert mistakes == []
