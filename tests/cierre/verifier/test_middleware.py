"""`BearerAuth(public=…)`: what is open is open by whole segments, and no path means another one behind."""

import pytest

from cierre.verifier import BearerAuth, Verifier


async def status_of(path, *, public, kind="http"):
    """What an application that lets everything in answers at this decoded path, without a token."""
    sent = []

    async def application(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    verifier = Verifier(issuer="http://cierre.test", revocations="sqlite:///unused.db")
    app = BearerAuth(application, verifier, public=public)
    await app({"type": kind, "path": path, "method": "GET", "headers": []}, receive, send)
    await verifier.stop()
    return sent[0].get("status") or sent[0]["code"]


@pytest.mark.parametrize(
    ("public", "path", "status"),
    [
        ("/health", "/health", 200),
        ("/health", "/health/", 200),
        ("/health", "/health/live", 200),
        ("/health/", "/health/live", 200),
        ("/a b", "/a b/c", 200),
        ("/health", "/healthy", 401),
        ("/health", "/", 401),
        ("/health", "//health", 401),
        ("/health", "/Health", 401),
        ("/health", "health", 401),
        ("/health/live", "/health", 401),
        ("/", "/", 200),
        ("/", "/admin", 401),
        ("/", "//admin", 401),
        ("/", "", 401),
        ("/", "*", 401),
    ],
)
async def test_a_public_path_opens_itself_and_what_is_below_it(public, path, status):
    assert await status_of(path, public=[public]) == status


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "path",
    [
        "/health/../admin",
        "/health/..",
        "/health/./live",
        "/../health",
        "/health/%2e%2e/admin",
        "/health/.%2E/admin",
        "/health%2f..%2fadmin",
        "/health/..\\admin",
        "/health/..;a=b/admin",
        "/admin/.",
    ],
)
async def test_a_path_with_dot_segments_is_refused_wherever_it_leads(path, kind):
    assert await status_of(path, public=["/health"], kind=kind) == (400 if kind == "http" else 1008)


@pytest.mark.parametrize("path", ["/.well-known/jwks.json", "/...", "/a..b", "/health/..."])
async def test_dots_in_a_name_are_no_dot_segment(path):
    assert await status_of(path, public=[]) == 401


@pytest.mark.parametrize("public", ["", "health", "/a/../b", "/%68ealth", "/."])
def test_a_public_path_that_is_none_is_refused_at_the_start(public):
    with pytest.raises(ValueError, match="write"):
        BearerAuth(None, None, public=[public])
