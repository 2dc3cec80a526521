"""Introspection, revocation, the token endpoint, the metadata and the keys."""

from __future__ import annotations

from cierre.contract_tests.defects.defect import Subject
from cierre.contract_tests.defects.observed import INTROSPECT, LOGIN, REFRESH, REVOKE, TOKEN
from cierre.contract_tests.defects.proxy import Forward, ProxyRequest, ProxyResponse

OAUTH = Subject("OAuth")


# Introspection.


@OAUTH.response("introspection of an inactive token gives the reason", "introspect_token")
def reason_of_inactive_token(_request: ProxyRequest, response: ProxyResponse) -> None:
    if response.json == {"active": False}:
        response.json = {"active": False, "reason": "revoked"}


@OAUTH.stateful("introspection lags behind a logout")
class IntrospectionLags:
    """Answers as long as it can with what was true before."""

    def __init__(self) -> None:
        self.active: dict[str, ProxyResponse] = {}

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        response = await forward(request)
        if request.path != INTROSPECT:
            return response
        token = request.members.get("token", "")
        if response.json.get("active") is True:
            self.active[token] = response
        return self.active.get(token, response) if response.json.get("active") is False else response


@OAUTH.response("the times of introspection are in milliseconds", "introspect_token", sequences=True, origin="gap")
def introspection_in_milliseconds(_request: ProxyRequest, response: ProxyResponse) -> None:
    if (body := response.json).get("active"):
        response.change(**{name: body[name] * 1000 for name in ("iat", "exp") if name in body})


@OAUTH.response("introspection says the session id as sub", "introspect_token", sequences=True, origin="gap")
def session_id_as_sub(_request: ProxyRequest, response: ProxyResponse) -> None:
    if response.json.get("active"):
        response.change(sub=response.json["sid"])


@OAUTH.response("introspection does not know live refresh tokens", "introspect_token", sequences=True, origin="gap")
def inactive_refresh_tokens(_request: ProxyRequest, response: ProxyResponse) -> None:
    if response.json.get("active") and "token_type" not in response.json:
        response.json = {"active": False}


# Revocation.


@OAUTH.request("a revocation does nothing", "revoke_token", sequences=True, origin="independent")
async def revoke_nothing(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    request.body = b"token=something-else&client_id=cierre"
    return await forward(request)


@OAUTH.request("an access token that is revoked lives on", "revoke_token", sequences=True, origin="gap")
async def revoke_no_access_token(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    token = request.members.get("token", "")
    if "." in token or "|" in token:
        request.change_form(token="something-else")
    return await forward(request)


@OAUTH.stateful("any client may revoke a token of another", origin="gap")
class AnyClientRevokes:
    """Puts the client in that the token was issued to."""

    def __init__(self) -> None:
        self.client_of: dict[str, str] = {}

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        sent = request.members
        if request.path == REVOKE and sent.get("token") in self.client_of:
            request.change_form(client_id=self.client_of[sent["token"]])
        response = await forward(request)
        if request.path == LOGIN:
            self._remember(response, sent.get("clientId", "cierre"))
        elif request.path == REFRESH and sent.get("refreshToken") in self.client_of:
            self._remember(response, self.client_of[sent["refreshToken"]])
        return response

    def _remember(self, response: ProxyResponse, client: str) -> None:
        if data := response.data:
            for name in ("accessToken", "refreshToken"):
                self.client_of[data.get(name, "")] = client


# The token endpoint, the metadata and the keys.


@OAUTH.stateful("the token endpoint refreshes closed sessions from a cache", origin="gap")
class TokenEndpointAnswersFromCache:
    """A refresh token that a login or a refresh gave gets made-up tokens where it is no longer valid."""

    def __init__(self) -> None:
        self.known: set[str] = set()

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        response = await forward(request)
        if request.path in {LOGIN, REFRESH} and (data := response.data):
            self.known.add(data.get("refreshToken", ""))
        presented = request.members.get("refresh_token", "")
        if request.path == TOKEN and response.status == 400 and presented in self.known:
            response.status = 200
            response.json = {
                "access_token": "1|" + "a" * 43,
                "refresh_token": "b" * 43,
                "token_type": "Bearer",
                "expires_in": 900,
            }
        return response


@OAUTH.response("the metadata names endpoints that do not exist", "authorization_server_metadata", origin="gap")
def metadata_with_other_paths(_request: ProxyRequest, response: ProxyResponse) -> None:
    endpoints = {name: value for name, value in response.json.items() if name.endswith("_endpoint")}
    response.change(**{name: value.replace("/oauth2/", "/oauth/") for name, value in endpoints.items()})


@OAUTH.response("the private part of the key is published", "jwks")
def publish_private_key(_request: ProxyRequest, response: ProxyResponse) -> None:
    response.json = {"keys": [{**key, "d": "c2VjcmV0"} for key in response.json.get("keys", ())]}


@OAUTH.response("the key in use is not published under its kid", "jwks", origin="gap")
def publish_other_kid(_request: ProxyRequest, response: ProxyResponse) -> None:
    if response.status == 200:
        response.json = {"keys": [{**key, "kid": key["kid"][::-1]} for key in response.json["keys"]]}
