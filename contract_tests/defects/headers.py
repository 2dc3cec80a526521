"""Wrong header fields, and negotiation that is ignored."""

from __future__ import annotations

from cierre.contract_tests.defects.defect import Subject
from cierre.contract_tests.defects.proxy import Forward, ProxyRequest, ProxyResponse

HEADERS = Subject("Headers and negotiation")


@HEADERS.response("X-Trace-Id is missing", "list_sessions")
def omit_trace_id(_request: ProxyRequest, response: ProxyResponse) -> None:
    response.set("x-trace-id", None)


@HEADERS.response("401 comes without a challenge", "list_sessions")
def omit_challenge(_request: ProxyRequest, response: ProxyResponse) -> None:
    response.set("www-authenticate", None)


@HEADERS.response("Vary does not name Prefer", "logout")
def vary_without_prefer(_request: ProxyRequest, response: ProxyResponse) -> None:
    response.set("vary", "Accept, Accept-Language")


@HEADERS.response("the old path does not say that it is deprecated", "logout_by_user_token")
def omit_deprecation(_request: ProxyRequest, response: ProxyResponse) -> None:
    response.set("deprecation", None)


@HEADERS.response("Sunset is missing", "logout_by_refresh_token")
def omit_sunset(_request: ProxyRequest, response: ProxyResponse) -> None:
    response.set("sunset", None)


@HEADERS.response("Sunset is an ISO date", "logout_by_refresh_token", origin="gap")
def sunset_as_iso_date(_request: ProxyRequest, response: ProxyResponse) -> None:
    if response.header("sunset"):
        response.set("sunset", "2028-01-01T00:00:00Z")


@HEADERS.response("tokens may be stored by caches", "login")
def cacheable_tokens(_request: ProxyRequest, response: ProxyResponse) -> None:
    response.set("cache-control", "private, max-age=60")


@HEADERS.response("the cookie can be read by scripts", "login")
def cookie_without_http_only(_request: ProxyRequest, response: ProxyResponse) -> None:
    if cookie := response.header("set-cookie"):
        response.set("set-cookie", cookie.replace("; HttpOnly", ""))


@HEADERS.response("the cookie is emptied, but does not expire", "logout_by_refresh_token", origin="gap")
def cookie_without_max_age(_request: ProxyRequest, response: ProxyResponse) -> None:
    if cookie := response.header("set-cookie"):
        response.set("set-cookie", cookie.replace(" Max-Age=0;", ""))


@HEADERS.response("405 does not say what is allowed", "force_logout")
def omit_allow(_request: ProxyRequest, response: ProxyResponse) -> None:
    if response.status == 405:
        response.set("allow", None)


# Negotiation.


@HEADERS.request("Accept is ignored", "logout")
async def ignore_accept(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    request.set("accept", "application/json")
    return await forward(request)


@HEADERS.request("the weights of Accept are ignored: the first named wins", "logout", origin="gap")
async def ignore_weights_of_accept(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    _keep_first(request, "accept")
    return await forward(request)


@HEADERS.response("a vendor type is answered as application/json", "logout")
def vendor_type_as_json(_request: ProxyRequest, response: ProxyResponse) -> None:
    if response.body:
        response.set("content-type", "application/json")


@HEADERS.request("Accept-Language is ignored", "login")
async def ignore_accept_language(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    request.set("accept-language", None)
    return await forward(request)


@HEADERS.request("the weights of Accept-Language are ignored: the first named wins", "list_sessions", origin="gap")
async def ignore_weights_of_accept_language(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    _keep_first(request, "accept-language")
    return await forward(request)


def _keep_first(request: ProxyRequest, field: str) -> None:
    if "," in (value := request.header(field) or ""):
        request.set(field, value.split(",")[0].split(";")[0])


@HEADERS.response("Content-Language says the language that was asked for, the message has another", "login")
def language_of_the_request_only(request: ProxyRequest, response: ProxyResponse) -> None:
    if response.header("content-language") and request.header("accept-language") in {None, "es"}:
        response.set("content-language", "en")


@HEADERS.request("Prefer: return=minimal is ignored", "logout*")
async def ignore_return_minimal(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    request.set("prefer", None)
    return await forward(request)


@HEADERS.request("handling=lenient is ignored", "*", sequences=True)
async def ignore_handling_lenient(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    request.set("prefer", None)
    return await forward(request)


@HEADERS.request("an Accept that nothing satisfies is not refused", "change_password")
async def accept_everything(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    if "json" not in (request.header("accept") or "json") and "*" not in (request.header("accept") or ""):
        request.set("accept", "*/*")
    return await forward(request)
