"""What Cierre's contract promises beyond any schema: checks of single answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from schemathesis.checks import CHECKS, CheckContext
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.specs.openapi.schemas import OpenApiSchema

from cierre.contract_tests import limit_fields
from cierre.contract_tests.checks import media_type
from cierre.contract_tests.cierre.document import MESSAGES, messages_of_examples
from cierre.contract_tests.clauses import BrokenClause
from cierre.contract_tests.negotiation import language, quality
from cierre.oas.navigation import Json

TOO_MANY = 429
VARY = {"accept", "accept-language", "prefer"}
COOKIES = {"__Host-refreshToken", "refreshToken"}
COOKIE = {"httponly", "secure", "samesite=strict", "path=/"}
# Members that hold a token.
TOKENS = ("accessToken", "refreshToken", "access_token", "refresh_token")
# Members of a request that nobody else may see.
SECRETS = {*TOKENS, "token", "password", "currentPassword", "newPassword", "clientSecret", "client_secret"}
# A shorter one may stand in an error by chance.
SHORTEST_SECRET = 8
# In a run's copy of the document, present where these checks apply: the examples' messages, by language.
_MESSAGES_OF_EXAMPLES = "x-cierre-messages-of-examples"

Check = Callable[[Response, Case[Any]], None]


def register() -> None:
    """Make schemathesis run these checks, of which it keeps one list a process. Again changes nothing."""
    for check in _CHECKS:
        CHECKS.register(_where_applied(check))


def apply_to(schema: OpenApiSchema) -> None:
    """Let these checks look at the answers of `schema`: it is Cierre's own contract, on a server that decides."""
    schema.raw_schema[_MESSAGES_OF_EXAMPLES] = messages_of_examples(schema.raw_schema)


def _where_applied(check: Check) -> Callable[[CheckContext, Response, Case[Any]], None]:
    def registered(_ctx: CheckContext, response: Response, case: Case[Any]) -> None:
        if _MESSAGES_OF_EXAMPLES in case.operation.schema.raw_schema:
            check(response, case)

    registered.__name__ = check.__name__
    return registered


def the_trace_id_is_the_same_everywhere(response: Response, case: Case[Any]) -> None:
    """The id in the header is the one in the body."""
    body = _json(response)
    named = {body[name] for name in ("trace_id", "traceId") if isinstance(body, dict) and name in body}
    header = _header(response, "x-trace-id")
    if named - {header}:
        _broken(
            case,
            "the_trace_id_is_the_same_everywhere",
            f"X-Trace-Id is {header}, the body says {', '.join(named)}",
            "content",
        )


def vary_names_what_was_negotiated(response: Response, case: Case[Any]) -> None:
    """`Vary: Accept, Accept-Language, Prefer`, always."""
    named = {part.strip().lower() for part in _header(response, "vary").split(",")}
    if "Vary" in _definition(response, case).get("headers", {}) and named < VARY:
        _broken(case, "vary_names_what_was_negotiated", f"Vary: {_header(response, 'vary')}", "headers", "Vary")


def the_language_is_the_one_asked_for(response: Response, case: Case[Any]) -> None:
    """`Content-Language` follows `Accept-Language`, and the message follows both."""
    asked = language(str(response.request.headers.get("Accept-Language", "")))
    declared = _header(response, "content-language")
    if declared and asked in {"es", "en"} and declared != asked:
        message = f"Accept-Language: {asked}\nContent-Language: {declared}"
        _broken(case, "the_language_is_the_one_asked_for", message, "headers", "Content-Language")
    messages = case.operation.schema.raw_schema[_MESSAGES_OF_EXAMPLES]
    written = {language for language, texts in messages.items() if _message(response) in texts}
    if declared and written and declared not in written:
        message = f"Content-Language: {declared}\nMessage: {_message(response)}"
        _broken(case, "the_language_is_the_one_asked_for", message, "content")


def an_error_is_one_of_the_examples(response: Response, case: Case[Any]) -> None:
    """Code and details of an error are those of a named example of this answer."""
    body = _json(response)
    shown = list(_shown_errors(response, case))
    if not isinstance(body, dict) or response.status_code < 400 or not shown:
        return
    code = _code(body)
    alike = [example for example in shown if _code(example) == code]
    if not alike:
        message = f"The code is {code}; the contract shows {', '.join(sorted({str(_code(one)) for one in shown}))}"
        _broken(case, "an_error_is_one_of_the_examples", message, "content", media_type(response))
    names = set(body.get("details") or {})
    if not any(names == set(example.get("details") or {}) for example in alike):
        message = f"The details of {code} have the members {sorted(names)}"
        _broken(case, "an_error_is_one_of_the_examples", message, "content", media_type(response))


def an_error_agrees_with_its_request(response: Response, case: Case[Any]) -> None:
    """`status` is the status, and `path` or `instance` the path."""
    body = _json(response)
    if not isinstance(body, dict) or response.status_code < 400:
        return
    status, path = body.get("status", response.status_code), body.get("path", body.get("instance"))
    sent = str(response.request.path_url).split("?")[0]
    if status != response.status_code or path not in {None, sent}:
        message = f"HTTP status {response.status_code}, path {sent}; the body says {status}, {path}"
        _broken(case, "an_error_agrees_with_its_request", message, "content", media_type(response))


def tokens_are_not_stored(response: Response, case: Case[Any]) -> None:
    """An answer with a token says `Cache-Control: no-store` (RFC 6749, section 5.1)."""
    body = _json(response)
    members = {**body, **(body.get("data") or {})} if isinstance(body, dict) and response.status_code < 300 else {}
    if any(members.get(name) for name in TOKENS) and "no-store" not in _header(response, "cache-control"):
        _broken(case, "tokens_are_not_stored", f"Cache-Control: {_header(response, 'cache-control')}", "headers")


def the_cookie_is_protected(response: Response, case: Case[Any]) -> None:
    """The refresh token's cookie is HttpOnly, Secure, SameSite=Strict, Path=/, set and cleared alike."""
    for line in response.headers.get("set-cookie") or ():
        pair, *attributes = (part.strip() for part in line.split(";"))
        name, _, value = pair.partition("=")
        missing = COOKIE - {attribute.lower() for attribute in attributes}
        if not value:
            missing |= {"max-age=0"} - {attribute.lower() for attribute in attributes}
        if name in COOKIES and missing:
            message = f"The cookie lacks {', '.join(sorted(missing))}"
            _broken(case, "the_cookie_is_protected", message, "headers", "Set-Cookie")


def return_minimal_is_honoured(response: Response, case: Case[Any]) -> None:
    """`Prefer: return=minimal` makes success 204, with `Preference-Applied` (RFC 7240, section 4.2)."""
    preferred = str(response.request.headers.get("Prefer", "")).replace(" ", "").lower()
    if preferred != "return=minimal" or response.status_code >= 300:
        return
    applied = _header(response, "preference-applied")
    if response.status_code != 204 or "return=minimal" not in applied:
        message = f"Prefer: return=minimal\nReceived: {response.status_code}, Preference-Applied: {applied}"
        _broken(case, "return_minimal_is_honoured", message, "headers", "Preference-Applied")


def a_refusal_of_too_many_agrees_with_its_fields(response: Response, case: Case[Any]) -> None:
    """The numbers in the body of a 429 are those of Retry-After and of RateLimit-Policy."""
    body = _json(response)
    details = body.get("details") if isinstance(body, dict) else None
    if response.status_code != TOO_MANY or not isinstance(details, dict):
        return
    states = limit_fields.limit_states(lambda name: _header(response, name.lower()) or None).values()
    spent = [one for one in states if one.remaining == 0]
    if str(details.get("retryAfter")) != _header(response, "retry-after"):
        message = f"Retry-After: {_header(response, 'retry-after')}, and retryAfter {details.get('retryAfter')}"
        _broken(case, "a_refusal_of_too_many_agrees_with_its_fields", message, "headers", "Retry-After")
    numbers = (details.get("limit"), details.get("windowMs"))
    known = [(one.quota, (one.window or 0) * 1000) for one in spent]
    if known and numbers not in known:
        message = f"RateLimit-Policy: {_header(response, 'ratelimit-policy')}, and limit, windowMs {numbers}"
        _broken(case, "a_refusal_of_too_many_agrees_with_its_fields", message, "headers", "RateLimit-Policy")


def the_preferred_media_type_is_sent(response: Response, case: Case[Any]) -> None:
    """Of the media types that this answer has, the one is sent to which `Accept` gives the highest weight."""
    accept = str(response.request.headers.get("Accept") or "")
    if ";q=" not in accept.replace(" ", "") or not response.content:
        return
    weights = {kind: quality(kind, accept) for kind in _definition(response, case).get("content", {})}
    best = max(weights.values(), default=0.0)
    if weights.get(media_type(response), best) < best:
        message = f"Accept: {accept}\nReceived: {media_type(response)}"
        _broken(case, "the_preferred_media_type_is_sent", message, "content")


def the_metadata_names_documented_paths(response: Response, case: Case[Any]) -> None:
    """Every address of RFC 8414's metadata is one of the contract's paths."""
    body = _json(response)
    if case.path != "/.well-known/oauth-authorization-server" or response.status_code != 200:
        return
    for name, address in body.items() if isinstance(body, dict) else ():
        if name.endswith(("_endpoint", "_uri")):
            known = any(str(address).endswith(path) for path in case.operation.schema.raw_schema["paths"])
            if not known:
                _broken(case, "the_metadata_names_documented_paths", f"{name}: {address}", "content")


def no_content_type_without_a_body(response: Response, case: Case[Any]) -> None:
    """No `Content-Type` where there is no body."""
    if not response.content and _header(response, "content-type"):
        _broken(case, "no_content_type_without_a_body", f"Content-Type: {_header(response, 'content-type')}")


def the_access_token_is_not_repeated(response: Response, case: Case[Any]) -> None:
    """The access token of the request is not in the answer."""
    sent = str(response.request.headers.get("Authorization", "")).removeprefix("Bearer ")
    if len(sent) >= 20 and sent.encode() in response.content:
        _broken(case, "the_access_token_is_not_repeated", "The body holds the access token of the request", "content")


def a_refusal_repeats_no_secret(response: Response, case: Case[Any]) -> None:
    """No password, token or client's secret of the request is in an error."""
    if response.status_code < 400 or not isinstance(case.body, dict):
        return
    for name, value in case.body.items():
        repeated = isinstance(value, str) and len(value) >= SHORTEST_SECRET and value in _texts(_json(response))
        if name in SECRETS and repeated:
            message = f"The body holds the {name} of the request"
            _broken(case, "a_refusal_repeats_no_secret", message, "content", media_type(response))


def _texts(node: Any) -> str:
    """All texts of a JSON value, one after the other."""
    if isinstance(node, dict | list):
        return "\n".join(_texts(value) for value in (node.values() if isinstance(node, dict) else node))
    return node if isinstance(node, str) else ""


def _header(response: Response, name: str) -> str:
    return ", ".join(response.headers.get(name) or [])


def _json(response: Response) -> Any:
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        return None


def _definition(response: Response, case: Case[Any]) -> Json:
    definition = case.operation.responses.find_by_status_code(response.status_code)
    return dict(definition.definition) if definition is not None else {}


def _examples(definition: Json, kind: str) -> Iterator[Any]:
    for example in (definition.get("content", {}).get(kind, {}).get("examples") or {}).values():
        yield example.get("value")


def _shown_errors(response: Response, case: Case[Any]) -> Iterator[Json]:
    """The examples in the dialect of the answer: `application/json` may be any dialect's, by client or host."""
    body = _json(response)
    definition = _definition(response, case)
    kinds = list(definition.get("content", {}))
    for kind in [media_type(response)] if media_type(response) != "application/json" else kinds:
        for example in _examples(definition, kind):
            if (
                isinstance(example, dict)
                and isinstance(body, dict)
                and set(example) == set(body) | {"details"} & set(example)
            ):
                yield example


def _code(error: Json) -> Any:
    inner = error.get("error")
    return error.get("code", inner if isinstance(inner, str | int) else None)


def _message(response: Response) -> str:
    body = _json(response)
    messages = [body.get(name) for name in MESSAGES] if isinstance(body, dict) else []
    return next((text for text in messages if isinstance(text, str)), "")


def _broken(case: Case[Any], rule: str, message: str, *clause: str) -> NoReturn:
    raise BrokenClause(
        operation=case.operation.label,
        rule=rule,
        title=f"Broken rule: {rule.replace('_', ' ')}",
        message=message,
        clause=clause,
    )


_CHECKS: tuple[Check, ...] = (
    the_trace_id_is_the_same_everywhere,
    vary_names_what_was_negotiated,
    the_language_is_the_one_asked_for,
    an_error_is_one_of_the_examples,
    an_error_agrees_with_its_request,
    tokens_are_not_stored,
    the_cookie_is_protected,
    return_minimal_is_honoured,
    the_preferred_media_type_is_sent,
    the_metadata_names_documented_paths,
    no_content_type_without_a_body,
    a_refusal_of_too_many_agrees_with_its_fields,
    the_access_token_is_not_repeated,
    a_refusal_repeats_no_secret,
)
# As schemathesis knows them.
NAMES = tuple(check.__name__ for check in _CHECKS)
