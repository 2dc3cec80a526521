"""The JavaScript of documents 002 and 003, byte for byte, in Chromium, on the hosts that the documents name."""

import pytest_asyncio

from tests.end_to_end.browser.conftest import BROWSER
from tests.support.shown import snippet

pytestmark = BROWSER

# Top-level await, as document 002 writes it, is a module's or an async function's; `token` is the page's own.
# None of these is waited for: its page may be gone when it ends.
IN_A_FUNCTION = "([code, token]) => { new (async () => {}).constructor('token', code)(token); }"


async def test_document_002_javascript_logs_out_and_goes_to_login(page, log_in):
    """Document 002, "JavaScript (Fetch)"."""
    token = log_in(tokenFormat="opaque")["accessToken"]
    await page.goto("http://api.ejemplo.com/ui/")
    await page.evaluate("token => localStorage.setItem('token', token)", token)
    async with page.expect_navigation(url="**/login"):
        await page.evaluate(IN_A_FUNCTION, [snippet("002_logout.js"), token])
    assert await page.evaluate("localStorage.getItem('token')") is None


async def test_document_002_javascript_tells_a_failure(page):
    """Document 002, "JavaScript (Fetch)": `console.error('Error al cerrar sesión:', data.respuesta)`."""
    await page.goto("http://api.ejemplo.com/ui/")
    async with page.expect_console_message(lambda message: "Error al cerrar sesión: Token inválido" in message.text):
        await page.evaluate(IN_A_FUNCTION, [snippet("002_logout.js"), "1|not-a-token-of-ours"])


@pytest_asyncio.fixture(loop_scope="session")
async def application(chromium, log_in):
    """A page of document 003's application, with a session in its localStorage."""
    # The application is somebody else's: the policy of our page is not its own.
    context = await chromium.new_context(locale="es-ES", bypass_csp=True)
    page = await context.new_page()
    data = log_in()
    await page.goto("http://localhost:3000/ui/")
    await page.evaluate(
        "data => { localStorage.setItem('accessToken', data.accessToken);"
        " localStorage.setItem('refreshToken', data.refreshToken);"
        " localStorage.setItem('deviceId', 'browser');"
        " localStorage.setItem('theme', 'dark'); }",
        data,
    )
    await page.add_script_tag(content=snippet("003_logout.js"))
    yield page
    await context.close()


async def test_document_003_logout_clears_the_tokens_and_goes_to_login(application):
    """Document 003, "Integración con Frontend (JavaScript)": logout()."""
    async with application.expect_navigation(url="**/login"):
        await application.evaluate("void logout()")
    kept = await application.evaluate("Object.keys(localStorage)")
    assert "theme" in kept
    assert not {"accessToken", "refreshToken", "deviceId"} & set(kept)


async def test_document_003_logout_all_says_how_many_sessions_it_closed(application, log_in):
    """Document 003, "Integración con Frontend (JavaScript)": logoutAll()."""
    log_in()
    dialogs = []

    async def accept(dialog):
        dialogs.append(dialog.message)
        await dialog.accept()

    application.on("dialog", accept)
    async with application.expect_navigation(url="**/login"):
        await application.evaluate("void logoutAll()")
    assert len(dialogs) == 1
    count = int(dialogs[0].removeprefix("Cerraste ").removesuffix(" sesiones activas"))
    assert count >= 2
    assert await application.evaluate("localStorage.length") == 0
