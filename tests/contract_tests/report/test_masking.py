"""No report shows a credential that works, whatever the server calls it; names and attributes stay."""

import io
import json
import secrets as random_texts
import string
from urllib.parse import quote

import pytest
from rich.console import Console
from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from cierre.contract_tests.credentials import cookies, in_text, is_secret_name
from cierre.contract_tests.exchanges import Exchange, curl
from cierre.contract_tests.listening import Quiet
from cierre.contract_tests.masking import masked
from cierre.contract_tests.plan import plan, read_contract
from cierre.contract_tests.report import write
from cierre.contract_tests.report.console import summary
from cierre.contract_tests.report.text import finding_text
from cierre.contract_tests.run import Options
from cierre.contract_tests.secrets import Secrets
from tests.support import toy

ANSWER = {"200": {"description": "Yes.", "content": {"application/json": {"schema": {"type": "integer"}}}}}
CONTRACT = {
    "openapi": "3.0.3",
    "info": {"title": "Odd names", "version": "1"},
    "paths": {
        f"/{name}": {method: {"operationId": name, "security": [{"bearerAuth": []}], "responses": ANSWER}}
        for name, method in (("body", "get"), ("cookie", "post"), ("redirect", "get"), ("text", "get"), ("form", "get"))
    },
    "components": {"securitySchemes": {"bearerAuth": {"type": "http", "scheme": "bearer"}}},
}
AUTH = """
- scheme: bearerAuth
  login: {path: /entra, json: {usuario: me, password: of-straw}, token: /ficha}
"""


class Odd:
    """A service whose credentials have no usual name; every answer breaks the contract, so all of it is reported."""

    def __init__(self):
        self.issued = []

    def new(self, length=32):
        letters = string.ascii_letters + string.digits
        value = "aB3" + "".join(random_texts.choice(letters) for _ in range(length - 3))
        self.issued.append(value)
        return value

    async def login(self, _request):
        answer = JSONResponse({"ficha": self.new(9), "renovar": self.new()})
        answer.set_cookie("galleta", self.new(10), path="/", httponly=True)
        return answer

    async def body(self, _request):
        return JSONResponse({"a": {"b": [self.new(40)], "jwt": self.new(), "key": f"{self.new()}=="}})

    async def cookie(self, _request):
        answer = JSONResponse("no")
        answer.set_cookie("corta", self.new(8), path="/x", httponly=True, secure=True, samesite="strict")
        answer.set_cookie("sid", quote(f"s:{self.new()}"), path="/")
        answer.headers["X-Auth-Token"] = self.new(20)
        return answer

    async def redirect(self, _request):
        code = self.new(20)
        return RedirectResponse(f"/back?code={code}&next=%2Freset%2F{code}#access_token={self.new()}")

    async def text(self, _request):
        return Response(f"<a><sessionKey>{self.new()}</sessionKey></a>", 500, media_type="application/xml")

    async def form(self, _request):
        return Response(f"oauth_token={self.new()}&oauth_token_secret={self.new(9)}", 500, media_type="text/plain")

    def app(self):
        routes = [Route("/entra", self.login, methods=["POST"])]
        names = ("body", "cookie", "redirect", "text", "form")
        routes += [Route(f"/{name}", getattr(self, name), methods=["GET", "POST"]) for name in names]
        return Starlette(routes=routes)


def test_no_report_has_a_credential_that_the_server_gave(tmp_path):
    odd, spec, credentials = Odd(), tmp_path / "spec.json", tmp_path / "auth.yaml"
    spec.write_text(json.dumps(CONTRACT))
    credentials.write_text(AUTH)
    with toy.serving(odd.app()) as url:
        task = plan(read_contract(spec, credentials), Options(url=url, seed=1, examples=5))
        report = task.run(Quiet())
    shown = io.StringIO()
    summary(report, task.document, task.secrets, Console(file=shown, width=400))
    texts = {path.name: path.read_text() for path in write(report, task.document, task.secrets, tmp_path / "report")}
    texts["console"] = shown.getvalue()
    texts["pytest"] = "\n".join(finding_text(finding, task.secrets) for finding in report.findings)

    assert report.findings
    assert len(odd.issued) > 10
    assert [(name, value) for name, text in texts.items() for value in odd.issued if value in text] == []
    assert not any("of-straw" in text for text in texts.values())
    # Names, and the attributes of cookies, stay.
    lines = [
        field["value"]
        for entry in json.loads(texts["traffic.har"])["log"]["entries"]
        for field in entry["response"]["headers"]
        if field["name"].lower() == "set-cookie"
    ]
    assert any("corta=" in line and "; HttpOnly; Path=/x; SameSite=strict; Secure" in line for line in lines)
    assert "&next=" in texts["traffic.har"]


def exchange(headers=(), body=b"", *, sent=(), url="http://127.0.0.1/", sent_body=b""):
    return Exchange("", "", "POST", url, tuple(sent), sent_body, 200, "", tuple(headers), body, 0.0, 0.0)


def test_credentials_that_no_answer_gave_are_masked_by_their_place():
    seen = masked(
        exchange(
            url="https://me:hunter22hunter@example.com/cb?code=abcdefgh12&x=1",
            sent=[("Cookie", "a=1; theme=dark"), ("Authorization", "Basic bWU6eA=="), ("X-Api-Key", "abcdefgh1")],
            sent_body=b'{"refreshToken":"abcdefghij","token_type":"bearer_token","n":1}',
        ),
        Secrets(),
    )
    assert seen.url == "https://***@example.com/cb?code=***&x=1"
    assert [value for _, value in seen.request_headers] == ["a=***; theme=***", "Basic ***", "***"]
    assert seen.request_body == b'{"refreshToken":"***","token_type":"bearer_token","n":1}'


def test_a_curl_takes_a_short_cookie_from_a_variable():
    secrets = Secrets()
    secrets.learn([("Set-Cookie", "corta=xyz; Path=/; HttpOnly")], b"")

    printed = curl(exchange(sent=[("Cookie", "a=b; corta=xyz; c=xyzt")]), secrets)

    assert "'Cookie: 'a=b'; corta='\"$COOKIE_CORTA_0\"'; c=xyzt'" in printed.replace("'a=b; corta='", "a=b'; corta='")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('{"access_token": "a\\"bcdefgh", "expires_in": 3', ['a\\"bcdefgh']),
        ('{"password": "x', ["x"]),
        ("grant_type=refresh_token&refresh_token=abcdefgh", ["abcdefgh"]),
        ("/cb?state=abcdefgh&error=access_denied", ["abcdefgh"]),
        ("see eyJhbGciOi.eyJzdWIi.c2ln here", ["eyJhbGciOi.eyJzdWIi.c2ln"]),
        ('{"code": "TOKEN_INVALID", "tokenType": "Bearer", "message": "The token is invalid"}', []),
    ],
)
def test_credentials_are_found_in_any_syntax(text, values):
    assert [text[one.start : one.end] for one in in_text(text)] == values


@pytest.mark.parametrize("name", ["accessToken", "client_secret", "sid", "X-API-Key", "jwt", "my_session", "clave"])
def test_names_of_credentials(name):
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["token_type", "expiresIn", "token_endpoint", "passwordChangedAt", "key_ops", "monkeys"]
)
def test_names_about_credentials(name):
    assert not is_secret_name(name)


def test_cookies_of_one_joined_field():
    field = "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/, b=2; HttpOnly"
    assert [(one.name, field[one.start : one.end]) for one in cookies(field)] == [("a", "1"), ("b", "2")]
