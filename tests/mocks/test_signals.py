"""The contract names the signals of the service as webhooks, and the mock sends them, to whoever is to take them."""

from urllib.parse import parse_qs

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from cierre.mocks import mock_app
from cierre.mocks.contract import load_contract
from cierre.oas import DIALECTS
from cierre.tokens.signal_tokens import LOGOUT_EVENT, REVOKED_EVENT
from tests.support.mocked import client_of, document
from tests.support.receivers import Receiver

FORM, SET = "application/x-www-form-urlencoded", "application/secevent+jwt"


@pytest.fixture
async def mock():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=mock_app()), base_url="http://localhost") as client:
        yield client


@pytest.fixture
async def sent(mock):
    """`await sent(name, example)`: the request that a receiver gets, and the claims of its token, verified."""

    async def send(name, example=None):
        async with Receiver() as receiver:
            order = {"url": receiver.url} | ({"example": example} if example else {})
            answer = await mock.post(f"/__mock/webhooks/{name}", json=order)
            assert answer.json() == {"status": receiver.status}
            (got,) = receiver.got
        text = got.body.decode()
        token = parse_qs(text, strict_parsing=True)["logout_token"][0] if name == "backchannel_logout" else text
        keys = KeySet.import_key_set((await mock.get("/.well-known/jwks.json")).json())
        return got, jwt.decode(token, keys, algorithms=["RS256"])

    return send


async def test_a_logout_token_comes_as_a_form_and_is_signed_with_the_key_that_the_mock_shows(sent):
    got, read = await sent("backchannel_logout")
    assert (got.headers["content-type"], read.header["typ"]) == (FORM, "logout+jwt")
    assert read.claims["events"] == {LOGOUT_EVENT: {}}
    assert read.claims["exp"] - read.claims["iat"] == 120
    assert {"iss", "aud", "sub", "sid", "jti"} <= read.claims.keys()
    assert "nonce" not in read.claims


@pytest.mark.parametrize(
    ("example", "who"),
    [(None, "user"), ("forced_out_by_an_administrator", "admin"), ("closed_by_the_service", "policy")],
)
async def test_a_security_event_comes_as_a_token_for_each_way_of_closing(sent, example, who):
    got, read = await sent("session_revoked", example)
    assert (got.headers["content-type"], read.header["typ"]) == (SET, "secevent+jwt")
    assert read.claims["events"][REVOKED_EVENT]["initiating_entity"] == who
    assert read.claims["sub_id"]["session"]["format"] == "opaque"
    assert {"sub", "exp"}.isdisjoint(read.claims)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_audience_of_each_dialect_sees_them(dialect):
    assert list(load_contract(dialect).root["x-webhooks"]) == ["backchannel_logout", "session_revoked"]


@pytest.mark.parametrize("member", ["x-webhooks", "webhooks"])
async def test_a_document_may_name_them_by_either_name(member):
    content = {"text/plain": {"schema": {"type": "string"}, "example": "paid"}}
    spec = document({}, "3.0.3", **{member: {"paid": {"post": {"requestBody": {"content": content}, "responses": {}}}}})
    async with Receiver() as receiver, client_of(spec) as client:
        answer = await client.post("/__mock/webhooks/paid", json={"url": receiver.url})
        assert (answer.status_code, receiver.got[0].body) == (200, b"paid")
