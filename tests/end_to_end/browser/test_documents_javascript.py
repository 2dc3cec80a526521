"""The JavaScript of documents 002 and 003, byte for byte, in Chromium, on the hosts that the documents name."""

import pytest

from tests.support.shown import snippet

# Top-level await, as document 002 writes it, is a module's or an async function's; `token` is the page's own.
IN_A_FUNCTION = "([code, token]) => new (async () => {}).constructor('token', code)(token)"


def test_document_002_javascript_logs_out_and_goes_to_login(page, log_in):
    """Document 002, "JavaScript (Fetch)"."""
    token = log_in(tokenFormat="opaque")["accessToken"]
    page.goto("http://api.ejemplo.com/ui/")
    page.evaluate("token => localStorage.setItem('token', token)", token)
    with page.expect_navigation(url="**/login"):
        page.evaluate(IN_A_FUNCTION, [snippet("002_logout.js"), token])
    assert page.evaluate("localStorage.getItem('token')") is None


def test_document_002_javascript_tells_a_failure(page):
    """Document 002, "JavaScript (Fetch)": `console.error('Error al cerrar sesión:', data.respuesta)`."""
    page.goto("http://api.ejemplo.com/ui/")
    with page.expect_console_message(lambda message: "Error al cerrar sesión: Token inválido" in message.text):
        page.evaluate(IN_A_FUNCTION, [snippet("002_logout.js"), "1|not-a-token-of-ours"])


@pytest.fixture
def application(page, log_in):
    """A page of document 003's application, with a session in its localStorage."""
    data = log_in()
    page.goto("http://localhost:3000/ui/")
    page.evaluate(
        "data => { localStorage.setItem('accessToken', data.accessToken);"
        " localStorage.setItem('refreshToken', data.refreshToken);"
        " localStorage.setItem('deviceId', 'browser');"
        " localStorage.setItem('theme', 'dark'); }",
        data,
    )
    page.add_script_tag(content=snippet("003_logout.js"))
    return page


def test_document_003_logout_clears_the_tokens_and_goes_to_login(application):
    """Document 003, "Integración con Frontend (JavaScript)": logout()."""
    with application.expect_navigation(url="**/login"):
        application.evaluate("logout()")
    kept = application.evaluate("Object.keys(localStorage)")
    assert "theme" in kept
    assert not {"accessToken", "refreshToken", "deviceId"} & set(kept)


def test_document_003_logout_all_says_how_many_sessions_it_closed(application, log_in):
    """Document 003, "Integración con Frontend (JavaScript)": logoutAll()."""
    log_in()
    told = []
    application.on("dialog", lambda dialog: (told.append(dialog.message), dialog.accept()))
    with application.expect_navigation(url="**/login"):
        application.evaluate("logoutAll()")
    assert len(told) == 1
    count = int(told[0].removeprefix("Cerraste ").removesuffix(" sesiones activas"))
    assert count >= 2
    assert application.evaluate("localStorage.length") == 0
