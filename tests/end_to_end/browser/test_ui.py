"""The docs page at /ui, as a person uses it."""

from playwright.async_api import expect

from tests.end_to_end.browser.conftest import BROWSER

pytestmark = BROWSER

PAGE = "http://localhost:3000/ui/"


async def test_the_page_shows_every_operation_of_the_contract(page, real):
    await page.goto(PAGE)
    await expect(page.locator(".opblock").first).to_be_visible()
    contract = await (await page.request.get(f"{real.url}/openapi.json")).json()
    operations = sum(len(item) for item in contract["paths"].values())
    assert await page.locator(".opblock").count() == operations
    assert "x-openapi-router-controller" not in str(contract)


async def test_authorize_and_try_it_out_close_a_session(page, log_in):
    token = log_in()["accessToken"]
    await page.goto(PAGE)
    await page.locator(".btn.authorize").first.click()
    await page.locator(".auth-container input").first.fill(token)
    await page.locator(".auth-btn-wrapper .authorize").first.click()
    await page.locator(".auth-btn-wrapper .btn-done").first.click()
    operation = page.locator("#operations-auth-logout")
    await operation.locator(".opblock-summary").click()
    await operation.locator(".btn.execute").click()
    answer = operation.locator(".live-responses-table .response")
    await expect(answer.locator(".response-col_status")).to_contain_text("200")
    await expect(answer).to_contain_text('"logoutType": "single_device"')


async def test_the_examples_are_offered_by_their_situations(page):
    await page.goto(PAGE)
    operation = page.locator("#operations-auth-logout")
    await operation.locator(".opblock-summary").click()
    choices = operation.locator(".examples-select select").first
    await expect(choices).to_be_visible()
    assert {"single_device", "all_devices", "specific_device"} <= set(
        await choices.locator("option").evaluate_all("options => options.map(option => option.value)")
    )


async def test_the_login_is_filled_in_and_works_on_the_first_click(page):
    await page.goto(PAGE)
    operation = page.locator("#operations-auth-login")
    await operation.locator(".opblock-summary").click()
    await operation.locator(".btn.execute").click()
    answer = operation.locator(".live-responses-table .response")
    await expect(answer.locator(".response-col_status")).to_contain_text("200")
    await expect(answer).to_contain_text('"accessToken"')


async def test_the_root_leads_to_the_page(page):
    await page.goto("http://localhost:3000/")
    await expect(page).to_have_url(PAGE)
    await expect(page.locator(".opblock").first).to_be_visible()


async def test_the_only_server_is_the_service_itself(page):
    await page.goto(PAGE)
    servers = page.locator(".servers select option")
    await expect(servers).to_have_count(1)
    await expect(servers.first).to_contain_text("http://localhost:3000")


async def test_a_browser_that_prefers_spanish_begins_with_the_contract_in_spanish(page):
    await page.goto(PAGE)
    await expect(page.locator(".info .title")).to_contain_text("Cierre, cerrar sesiones")
