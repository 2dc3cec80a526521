"""The docs page at /ui, as a person uses it."""

from playwright.sync_api import expect

PAGE = "http://localhost:3000/ui/"


def test_the_page_shows_every_operation_of_the_contract(page, real):
    page.goto(PAGE)
    expect(page.locator(".opblock").first).to_be_visible()
    contract = page.request.get(f"{real.url}/openapi.json").json()
    operations = sum(len(item) for item in contract["paths"].values())
    assert page.locator(".opblock").count() == operations
    assert "x-openapi-router-controller" not in str(contract)


def test_authorize_and_try_it_out_close_a_session(page, log_in):
    token = log_in()["accessToken"]
    page.goto(PAGE)
    page.locator(".btn.authorize").first.click()
    page.locator(".auth-container input").first.fill(token)
    page.locator(".auth-btn-wrapper .authorize").first.click()
    page.locator(".auth-btn-wrapper .btn-done").first.click()
    operation = page.locator("#operations-auth-logout")
    operation.locator(".opblock-summary").click()
    operation.locator(".btn.execute").click()
    answer = operation.locator(".live-responses-table .response")
    expect(answer.locator(".response-col_status")).to_contain_text("200")
    expect(answer).to_contain_text('"logoutType": "single_device"')


def test_the_examples_are_offered_by_their_situations(page):
    page.goto(PAGE)
    operation = page.locator("#operations-auth-logout")
    operation.locator(".opblock-summary").click()
    choices = operation.locator(".examples-select select").first
    expect(choices).to_be_visible()
    assert {"single_device", "all_devices", "specific_device"} <= set(
        choices.locator("option").evaluate_all("options => options.map(option => option.value)")
    )
