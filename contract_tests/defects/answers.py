"""Wrong answers: bodies, statuses and errors that the contract does not have."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from cierre.contract_tests.defects.defect import Subject
from cierre.contract_tests.defects.observed import LOGOUT
from cierre.contract_tests.defects.proxy import Forward, ProxyRequest, ProxyResponse

ANSWERS = Subject("Answers")


def _change_sessions(response: ProxyResponse, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    if data := response.data:
        response.change_data(sessions=[{**session, **change(session)} for session in data["sessions"]])


# Bodies.


@ANSWERS.response("a required field is missing in the success of logout", "logout")
def omit_active_sessions(_request: ProxyRequest, response: ProxyResponse) -> None:
    if data := response.data:
        del data["user"]["activeSessions"]
        response.change(data=data)


@ANSWERS.response("a number is a string", "logout")
def number_as_string(_request: ProxyRequest, response: ProxyResponse) -> None:
    if data := response.data:
        data["logout"]["sessionsClosed"] = str(data["logout"]["sessionsClosed"])
        response.change(data=data)


@ANSWERS.response("a field that the contract does not have is sent", "list_sessions")
def undocumented_field(_request: ProxyRequest, response: ProxyResponse) -> None:
    _change_sessions(response, lambda _: {"tokenHash": "5e884898da28047151d0e56f8dc62927"})


@ANSWERS.response("times have no milliseconds and no zone", "list_sessions")
def times_without_zone(_request: ProxyRequest, response: ProxyResponse) -> None:
    _change_sessions(response, lambda session: {"createdAt": session["createdAt"][:19]})


@ANSWERS.response("a value is none of the enumeration", "force_logout")
def value_outside_enumeration(_request: ProxyRequest, response: ProxyResponse) -> None:
    if data := response.data:
        response.change_data(logout={**data["logout"], "logoutType": "admin"})


@ANSWERS.response("the constant of document 000 is a number", "logout_by_user_token")
def constant_as_number(_request: ProxyRequest, response: ProxyResponse) -> None:
    if response.status == 200:
        response.json = {"success": True, "message": 5}


@ANSWERS.response("401 of document 000 has a body", "logout_by_user_token")
def body_in_empty_401(_request: ProxyRequest, response: ProxyResponse) -> None:
    if response.status == 401:
        response.json = {"error": "unauthorized"}
        response.set("content-type", "application/json")


@ANSWERS.response("the success of document 004 has a body", "logout_by_refresh_token")
def body_in_empty_200(_request: ProxyRequest, response: ProxyResponse) -> None:
    if response.status == 200:
        response.json = {"ok": True}
        response.set("content-type", "application/json")


@ANSWERS.response("an error names another path", "logout_by_refresh_token")
def error_with_other_path(_request: ProxyRequest, response: ProxyResponse) -> None:
    if response.status == 401 and "path" in response.json:
        response.change(path=LOGOUT)


@ANSWERS.response("an answer is not JSON at all", "login")
def html_instead_of_json(_request: ProxyRequest, response: ProxyResponse) -> None:
    if response.status == 401:
        response.body = b"<html><body>Unauthorized</body></html>"


@ANSWERS.response("the body has another character set", "login")
def body_in_latin_1(_request: ProxyRequest, response: ProxyResponse) -> None:
    response.body = response.body.decode().encode("latin-1", errors="replace")


@ANSWERS.response("a field comes twice", "refresh", origin="independent")
def repeat_member(_request: ProxyRequest, response: ProxyResponse) -> None:
    if response.body.startswith(b'{"') and isinstance(response.json, dict) and "message" in response.json:
        again = b', "message": ' + json.dumps(response.json["message"]).encode() + b"}"
        response.body = response.body[:-1] + again


@ANSWERS.response("return=minimal empties failures as well", "logout", origin="gap")
def minimal_failures(request: ProxyRequest, response: ProxyResponse) -> None:
    if "return=minimal" in (request.header("prefer") or "") and response.status >= 400:
        response.body = b""
        response.set("content-type", None)


@ANSWERS.response("times of a logout are local time with a Z behind", "logout", origin="gap")
def local_times(_request: ProxyRequest, response: ProxyResponse) -> None:
    if isinstance(response.json, dict) and response.json:
        response.json = _shifted(response.json)


def _shifted(node: Any, name: str = "") -> Any:
    if isinstance(node, dict):
        return {key: _shifted(value, key) for key, value in node.items()}
    if isinstance(node, list):
        return [_shifted(value) for value in node]
    if name in {"loggedOutAt", "closedAt"} and isinstance(node, str):
        local = datetime.fromisoformat(node) + timedelta(hours=2)
        return local.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return node


# Statuses.


@ANSWERS.response("success of logout is 201", "logout")
def logout_is_201(_request: ProxyRequest, response: ProxyResponse) -> None:
    if response.status == 200:
        response.status = 201


@ANSWERS.response("a wrong password is 403", "login")
def wrong_password_is_403(_request: ProxyRequest, response: ProxyResponse) -> None:
    if response.status == 401:
        response.status = 403


@ANSWERS.response("an unknown user is 200", "force_logout")
def unknown_user_is_200(_request: ProxyRequest, response: ProxyResponse) -> None:
    if response.status == 404:
        response.status = 200


@ANSWERS.response("a body that breaks the schema is 422", "change_password")
def broken_schema_is_422(_request: ProxyRequest, response: ProxyResponse) -> None:
    if response.status == 400:
        response.status = 422


@ANSWERS.response("a body of an unknown type is 400 instead of 415", "logout")
def unknown_type_is_400(_request: ProxyRequest, response: ProxyResponse) -> None:
    if response.status == 415:
        response.status = 400


@ANSWERS.response("a bad refresh token ends in 500", "refresh")
def bad_refresh_token_is_500(request: ProxyRequest, response: ProxyResponse) -> None:
    if response.status == 401 and request.members.get("refreshToken"):
        response.status = 500
        response.set("www-authenticate", None)


@ANSWERS.stateful("one request in fifteen fails", "list_sessions", sequences=False, origin="independent")
class EveryFifteenthFails:
    """Answers 503 to each fifteenth request."""

    def __init__(self) -> None:
        self.count = 0

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        response = await forward(request)
        self.count += 1
        if self.count % 15 == 0:
            response.status = 503
        return response


# Errors.


@ANSWERS.response("an error has another code", "list_sessions")
def error_with_unknown_code(_request: ProxyRequest, response: ProxyResponse) -> None:
    if response.status == 401 and "code" in response.json:
        response.change(code="TOKEN_INVALID")


@ANSWERS.response("an error has the code of another situation", "logout")
def error_with_code_of_another_situation(_request: ProxyRequest, response: ProxyResponse) -> None:
    if response.status == 401 and response.json.get("code") == "INVALID_ACCESS_TOKEN":
        response.change(code="FORBIDDEN")


@ANSWERS.response("the status in the body is not the status", "list_sessions")
def other_status_in_body(_request: ProxyRequest, response: ProxyResponse) -> None:
    if response.status == 401 and response.json.get("status") == 401:
        response.change(status=400)


@ANSWERS.response("the trace of the body is not that of the header", "logout")
def other_trace_id_in_body(_request: ProxyRequest, response: ProxyResponse) -> None:
    if "trace_id" in response.json:
        response.change(trace_id="00000000-0000-4000-8000-000000000000")


@ANSWERS.response("the number of document 002 is a text", "logout")
def error_number_as_text(_request: ProxyRequest, response: ProxyResponse) -> None:
    if isinstance(response.json.get("error"), int):
        response.change(error=str(response.json["error"]))


@ANSWERS.response("a failed login says whether the user exists", "login", origin="independent")
def unknown_user_has_its_own_message(request: ProxyRequest, response: ProxyResponse) -> None:
    known = "@ejemplo.com" in str(request.members.get("username"))
    if response.status == 401 and not known and "message" in response.json:
        response.change(message="El usuario no existe")


@ANSWERS.response("a 400 repeats the password", "login", origin="gap")
def repeat_password(request: ProxyRequest, response: ProxyResponse) -> None:
    _repeat("password", request, response)


@ANSWERS.response("a 400 repeats the refresh token", "refresh", origin="gap")
def repeat_refresh_token(request: ProxyRequest, response: ProxyResponse) -> None:
    _repeat("refreshToken", request, response)


def _repeat(name: str, request: ProxyRequest, response: ProxyResponse) -> None:
    """The message says which value was sent, too."""
    if response.status == 400 and name in request.members and "message" in response.json:
        response.change(message=f"{response.json['message']}: {request.members[name]}")
