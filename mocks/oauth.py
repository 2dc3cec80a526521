"""`/__mock/oauth/…`: an authorization server that says yes to everybody, for the document's page and for clients.

The document's page asks it instead of the servers that the document names. Any client id, user and password will do, as
the mock accepts any token; with `--token` that one is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cierre.mocks.access import is_loopback, split_host
from cierre.mocks.json_writer import write_json
from cierre.mocks.messages import MockReply, MockRequest
from cierre.server.protection import NO_PAGE

AUTHORIZE = "/__mock/oauth/authorize"
TOKEN = "/__mock/oauth/token"
# What somebody who asks gets where the mock accepts any token.
ANY_TOKEN = "mock-access-token"
_CODE = "mock-code"
_SECONDS = 3600
_GRANTS = ("authorization_code", "client_credentials", "password", "refresh_token")
SAID = "The mock gives a token to any client id, user and password."


def authorize(request: MockRequest, token: str | None) -> MockReply:
    """Send the browser back with a code, or with a token where `response_type=token` (RFC 6749, sections 4.1 and 4.2).

    Args:
        request: with `redirect_uri` in its query, which must lead to this machine or to the mock itself.
        token: that the mock accepts; None: any.
    """
    given = dict(parse_qsl(request.query.decode("latin-1"), keep_blank_values=True))
    target = given.get("redirect_uri", "")
    if not _is_near(target, request.headers.get("host", "")):
        return _failed("invalid_request", "redirect_uri must lead to this machine")
    state = {"state": given["state"]} if "state" in given else {}
    if given.get("response_type", "code") == "code":
        where = f"{target}{'&' if '?' in target else '?'}{urlencode({'code': _CODE, **state})}"
    else:
        answer = {key: value for key, value in _token(token, given).items() if key != "refresh_token"}
        where = f"{target}#{urlencode({**answer, **state})}"
    fields = [(b"location", where.encode("ascii", "replace")), (b"content-length", b"0"), *NO_PAGE]
    return MockReply(302, fields, b"", "sent back with what the mock gives to everybody")


def give_token(request: MockRequest, token: str | None) -> MockReply:
    """A token for any grant (RFC 6749, section 5.1), without a look at who asks.

    Args:
        request: with a form.
        token: that the mock accepts; None: any.
    """
    given = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    if given.get("grant_type") not in _GRANTS:
        return _failed("unsupported_grant_type", f"grant_type is one of {', '.join(_GRANTS)}")
    return _json(200, _token(token, given), f"a token for {given['grant_type']}")


def aimed_at_the_mock(scheme: Any, root: str) -> Any:
    """A security scheme whose tokens come from the mock; schemes of other kinds stay as they are.

    Args:
        scheme: of the document.
        root: what stands before the mock's own routes.
    """
    if not isinstance(scheme, Mapping) or scheme.get("type") not in {"oauth2", "openIdConnect"}:
        return scheme
    flows = scheme.get("flows")
    # Where a document names a discovery document alone, the flow that browsers use.
    listed = flows if isinstance(flows, Mapping) and flows else {"authorizationCode": {"scopes": {}}}
    aimed = {name: _flow(name, flow, root) for name, flow in listed.items() if isinstance(flow, Mapping)}
    said = f"{scheme['description']}\n\n{SAID}" if isinstance(scheme.get("description"), str) else SAID
    rest = {key: value for key, value in scheme.items() if key != "openIdConnectUrl"}
    return {**rest, "type": "oauth2", "description": said, "flows": aimed}


def _flow(name: str, flow: Mapping[str, Any], root: str) -> dict[str, Any]:
    asked = {"authorizationUrl": root + AUTHORIZE} if name in {"implicit", "authorizationCode"} else {}
    given = {"tokenUrl": root + TOKEN} if name != "implicit" else {}
    rest = {key: value for key, value in flow.items() if not key.endswith("Url")}
    return {"scopes": {}, **rest, **asked, **given}


def _token(token: str | None, given: Mapping[str, str]) -> dict[str, Any]:
    answer: dict[str, Any] = {"access_token": token or ANY_TOKEN, "token_type": "Bearer", "expires_in": _SECONDS}
    if given.get("scope"):
        answer["scope"] = given["scope"]
    if given.get("grant_type") != "client_credentials":
        answer["refresh_token"] = token or ANY_TOKEN
    return answer


def _is_near(url: str, host: str) -> bool:
    try:
        parts = urlsplit(url)
        name = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or not url.isprintable() or not url.isascii():
        return False
    return is_loopback(name) or name.endswith(".localhost") or name == split_host(host)[0]


def _failed(error: str, why: str) -> MockReply:
    return _json(400, {"error": error, "error_description": why}, why)


def _json(status: int, value: dict[str, Any], why: str) -> MockReply:
    body = write_json(value)
    fields = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), *NO_PAGE]
    return MockReply(status, fields, body, why)
