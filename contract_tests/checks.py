"""What any contract promises and schemathesis does not look at: checks of single answers.

What only Cierre's own contract promises is in `cierre/checks.py`.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from schemathesis.checks import CHECKS, CheckContext
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case

from cierre.contract_tests.clauses import BrokenClause
from cierre.contract_tests.negotiation import quality

_IMF_FIXDATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")
# Statuses whose answer never has a body, whatever a document says (RFC 9110, sections 15.3.5, 15.3.6, 15.4.5).
BODILESS = frozenset({204, 205, 304})


def accept_is_honoured(_ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Of the forms that the contract has, one that `Accept` asked for comes (RFC 9110, section 12.5.1)."""
    accept = str(response.request.headers.get("Accept") or "")
    documented = _content(response, case)
    if not accept or not response.content or not documented:
        return
    sent = media_type(response)
    if quality(sent, accept) > 0:
        return
    wanted = [candidate for candidate in documented if quality(candidate, accept) > 0]
    if wanted:
        _broken(
            case,
            "accept_is_honoured",
            "The content type is not the one that Accept asked for",
            f"Accept: {accept}\nReceived: {sent}\nThe contract has: {', '.join(wanted)}",
            ("content", wanted[0]),
        )


def empty_body_is_empty(_ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """An answer that is documented without content comes without content."""
    definition = case.operation.responses.find_by_status_code(response.status_code)
    if not response.content or response.request.method == "HEAD":
        return
    if response.status_code in BODILESS or (definition is not None and not definition.definition.get("content")):
        shown = response.content[:200].decode(errors="replace")
        _broken(
            case,
            "empty_body_is_empty",
            "A body came where the contract has none",
            f"{len(response.content)} bytes came with a {response.status_code}: {shown}",
        )


def json_is_strict(_ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """JSON is JSON: UTF-8, no NaN, no name twice in one object (RFC 8259, sections 4, 6 and 8.1)."""
    if not response.content or not _is_json(media_type(response)) or not _is_decoded(response):
        return
    try:
        json.loads(response.content.decode(), parse_constant=_no_constant, object_pairs_hook=_no_repetition)
    except (ValueError, RecursionError) as problem:
        _broken(case, "json_is_strict", "The body is not strict JSON", str(problem), ("content",))


def dates_are_http_dates(_ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """A date in a header field is an IMF-fixdate (RFC 9110, section 5.6.7; RFC 8594, section 3)."""
    for name in ("sunset", "last-modified"):
        for value in response.headers.get(name) or ():
            if not _IMF_FIXDATE.fullmatch(value):
                message = f"{name.title()}: {value}"
                _broken(case, "dates_are_http_dates", "A date is not in the form of HTTP", message, ("headers",))


def register() -> None:
    """Make schemathesis run these checks, of which it keeps one list a process. Again changes nothing."""
    for check in (accept_is_honoured, empty_body_is_empty, json_is_strict, dates_are_http_dates):
        CHECKS.register(check)


def media_type(response: Response) -> str:
    """The answer's media type, without parameters, in lower case; empty where there is none."""
    return (response.headers.get("content-type") or [""])[0].split(";")[0].strip().lower()


def _is_decoded(response: Response) -> bool:
    """Whether the content is what was encoded: brotli and others need what is not installed everywhere."""
    encodings = ", ".join(response.headers.get("content-encoding") or ()).lower().split(",")
    return {one.strip() for one in encodings} <= {"", "identity", "gzip", "x-gzip", "deflate"}


def _is_json(name: str) -> bool:
    return name == "application/json" or name.endswith("+json")


def _content(response: Response, case: Case[Any]) -> list[str]:
    definition = case.operation.responses.find_by_status_code(response.status_code)
    return list(definition.definition.get("content", {})) if definition is not None else []


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _no_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"an object has these names more than once: {', '.join(repeated)}")
    return dict(pairs)


def _broken(case: Case[Any], rule: str, title: str, message: str, clause: tuple[str, ...] = ()) -> NoReturn:
    raise BrokenClause(operation=case.operation.label, rule=rule, title=title, message=message, clause=clause)
