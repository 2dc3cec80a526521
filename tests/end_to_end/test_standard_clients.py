"""Standard clients, as they come, against the standard endpoints: Authlib, and three of npm in clients/standard.mjs."""

import json
import shutil
import subprocess
import time

import httpx
import jwt
import pytest
from authlib.integrations.requests_client import OAuth2Session

from cierre.tokens import key_files
from tests.conftest import missing
from tests.support.paths import ROOT
from tests.support.running import bearer, login_over_http

SCRIPT = ROOT / "tests" / "end_to_end" / "clients" / "standard.mjs"
RESOURCE = ("demo-resource", "cierre-demo")


@pytest.fixture
def issuer(serve, database_url):
    return serve(database_url, issuer=None)


def issuer_of(node):
    return httpx.get(f"{node.url}/.well-known/oauth-authorization-server").json()


def test_authlib_refreshes_introspects_and_revokes(issuer):
    data = login_over_http(issuer)
    found = issuer_of(issuer)
    token = {"access_token": data["accessToken"], "refresh_token": data["refreshToken"], "token_type": "Bearer"}
    with (
        OAuth2Session("cierre", token_endpoint_auth_method="none", token=token) as app,
        OAuth2Session(*RESOURCE, token_endpoint_auth_method="client_secret_basic") as resource,
    ):
        refreshed = app.refresh_token(found["token_endpoint"], refresh_token=data["refreshToken"])
        assert refreshed["refresh_token"] != data["refreshToken"]

        def introspected(token, **more):
            return resource.introspect_token(found["introspection_endpoint"], token=token, **more).json()

        active = introspected(refreshed["access_token"], token_type_hint="access_token")
        assert active["active"] is True
        assert active["sub"] == data["user"]["id"]
        of_refresh_token = introspected(refreshed["refresh_token"])
        assert of_refresh_token["active"] is True
        assert "token_type" not in of_refresh_token, "it opens no resource"
        # A wrong hint is only a hint.
        revoked = app.revoke_token(
            found["revocation_endpoint"], token=refreshed["refresh_token"], token_type_hint="access_token"
        )
        assert (revoked.status_code, revoked.content) == (200, b"")
        for token in (refreshed["access_token"], refreshed["refresh_token"], "unknown"):
            assert introspected(token) == {"active": False}


def test_asking_about_an_exchanged_token_is_no_replay(issuer):
    data = login_over_http(issuer)
    form = {"grant_type": "refresh_token", "refresh_token": data["refreshToken"], "client_id": "cierre"}
    fresh = httpx.post(f"{issuer.url}/oauth2/token", data=form).json()

    def introspected(token):
        return httpx.post(f"{issuer.url}/oauth2/introspect", data={"token": token}, auth=RESOURCE).json()

    assert introspected(data["refreshToken"]) == {"active": False}
    assert introspected(fresh["refresh_token"])["active"] is True


@pytest.mark.parametrize(
    ("form", "auth", "status", "error"),
    [
        ({"token": "x"}, None, 401, "invalid_client"),
        ({"token": "x", "client_id": "cierre"}, None, 401, "invalid_client"),
        ({"token": "x"}, ("demo-resource", "wrong"), 401, "invalid_client"),
        ({"token": "x", "client_id": "cierre"}, RESOURCE, 401, "invalid_client"),
        ({"token": "x", "client_secret": "cierre-demo"}, RESOURCE, 401, "invalid_client"),
        ({}, RESOURCE, 400, "invalid_request"),
        ({"token": ["x", "y"]}, RESOURCE, 400, "invalid_request"),
    ],
)
def test_introspection_is_for_confidential_clients(real, form, auth, status, error):
    answer = httpx.post(f"{real.url}/oauth2/introspect", data=form, auth=auth)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["Cache-Control"] == "no-store"
    if status == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_metadata_names_the_address_it_was_started_on(issuer):
    found = issuer_of(issuer)
    assert found["issuer"] == issuer.url
    for name in ("token_endpoint", "revocation_endpoint", "introspection_endpoint", "jwks_uri"):
        assert found[name].startswith(issuer.url)


def test_authlib_verifies_our_tokens_as_a_resource_server(issuer):
    from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
    from joserfc.jwk import KeySet

    class Validator(JWTBearerTokenValidator):
        def get_jwks(self):
            return KeySet.import_key_set(httpx.get(f"{issuer.url}/.well-known/jwks.json").json())

    data = login_over_http(issuer)
    validator = Validator(issuer=issuer.url, resource_server="cierre")
    claims = validator.authenticate_token(data["accessToken"])
    validator.validate_token(claims, [], None)
    assert claims["sub"] == data["user"]["id"]


def test_npm_clients_before_and_after_a_rotation(issuer, serve, tmp_path):
    if shutil.which("node") is None or not (ROOT / "node_modules" / "oauth4webapi").exists():
        missing("oauth4webapi, openid-client and jose are not installed: run `npm ci`")
    old = login_over_http(issuer)
    _run(issuer, "before", [old["accessToken"]], tmp_path)
    rotated = key_files.rotate(serve.data_dir / "keys", "RS256")
    deadline = time.monotonic() + 10
    while True:
        new = login_over_http(issuer)
        if jwt.get_unverified_header(new["accessToken"])["kid"] == rotated.kid:
            break
        assert time.monotonic() < deadline, "the node never noticed the new key"
    assert httpx.get(f"{issuer.url}/api/v1/auth/sessions", headers=bearer(old["accessToken"])).status_code == 200
    done = _run(issuer, "after", [old["accessToken"], new["accessToken"]], tmp_path)
    assert "jose: RS256 by JWKS" in done
    assert "jose: ES256 by JWKS" in done


def _run(issuer, when, access_tokens, tmp_path):
    credentials = tmp_path / f"{when}.json"
    credentials.write_text(
        json.dumps(
            {
                "audience": "cierre",
                "accessTokens": access_tokens,
                "refreshToken": login_over_http(issuer)["refreshToken"],
                "other": {"refreshToken": login_over_http(issuer)["refreshToken"]},
            }
        )
    )
    command = ["node", str(SCRIPT), issuer.url, when, str(credentials)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr + issuer.log()[-2000:]
    return done.stdout.splitlines()
