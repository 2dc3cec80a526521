"""A login that takes a form, as OAuth 2.0's token endpoint does."""

import yaml
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from cierre.contract_tests.auth import file
from cierre.contract_tests.auth.logins import Logins
from cierre.contract_tests.silence import Line
from tests.support import toy

PASSWORD = "of straw & wood"


async def token(request):
    form = await request.form()
    good = dict(form) == {"username": "ana", "password": PASSWORD}
    return JSONResponse({"access_token": "token-of-ana-0001"} if good else {}, 200 if good else 401)


def test_a_login_may_take_a_form_and_its_curl_shows_no_password(tmp_path):
    path = tmp_path / "auth.yaml"
    login = {"path": "/token", "form": {"username": "ana", "password": PASSWORD}}
    path.write_text(yaml.safe_dump([{"scheme": "oauth2", "login": login}]))
    [entry] = file.read(path)

    with toy.serving(Starlette(routes=[Route("/token", token, methods=["POST"])])) as url:
        logins = Logins(Line(url))
        for value, name in entry.hidden.items():
            logins.secrets.keep(name, value)
        assert logins.current(entry).token == "token-of-ana-0001"

    recipe = logins.secrets.recipe["token-of-ana-0001"]
    assert "application/json" not in recipe
    assert "straw" not in recipe
