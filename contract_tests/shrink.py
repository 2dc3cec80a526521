"""From a failing request to the smallest that fails in the same way.

Hypothesis shrinks what it catches; schemathesis raises its failures as a `BaseExceptionGroup`, which Hypothesis
lets pass. So the request itself is made smaller here, step by step, as long as the same check fails.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, cast

import requests
from schemathesis.checks import CHECKS, CheckFunction
from schemathesis.core import NOT_SET
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case

from cierre.contract_tests.silence import Unanswered

# Requests that one finding is worth.
BUDGET = 150


@dataclass(frozen=True)
class Failing:
    """A case, what it breaks, and the answer that shows it.

    Attributes:
        only: container and name of the parts that may be made simpler; None is all of them.
    """

    case: Case[Any]
    check: str
    failure: Failure
    response: Response
    only: frozenset[tuple[str, str]] | None = None


def shrink(failing: Failing, headers: dict[str, str]) -> Failing:
    """The smallest case found that breaks the same promise.

    Args:
        headers: sent with every request of the run, such as `Host`.
    """
    left = BUDGET
    smaller = True
    while smaller and left:
        smaller = False
        for candidate in _candidates(failing):
            if _weight(candidate) >= _weight(failing.case):
                continue
            left -= 1
            again = _tried(candidate, failing, headers)
            if again is not None:
                failing, smaller = again, True
                break
            if not left:
                break
    return failing


def _tried(candidate: Case[Any], failing: Failing, headers: dict[str, str]) -> Failing | None:
    if failing.check not in CHECKS.get_all_names():
        return None
    try:
        response = candidate.call(headers=headers)
        if isinstance(response, Unanswered):
            return None
        candidate.validate_response(response, checks=[cast("CheckFunction", CHECKS.get_one(failing.check))])
    except FailureGroup as group:
        for failure in group.exceptions:
            if failure == failing.failure:
                return replace(failing, case=candidate, failure=failure, response=response)
    except (requests.RequestException, ValueError):
        return None
    return None


def _candidates(failing: Failing) -> Iterator[Case[Any]]:
    case, only = failing.case, failing.only
    for container in ("headers", "query", "cookies"):
        values = getattr(case, container)
        for name in [name for name in values if only is None or (container, name) in only]:
            yield _changed(case, container, {key: value for key, value in values.items() if key != name})
        for name, value in values.items():
            if only is None or (container, name) in only:
                for simpler in _simpler(value):
                    yield _changed(case, container, {**values, name: simpler})
    yield from _bodies(case, only)


def _bodies(case: Case[Any], only: frozenset[tuple[str, str]] | None) -> Iterator[Case[Any]]:
    body: Any = case.body
    if body is NOT_SET or isinstance(body, bytes):
        return
    if only is None or ("body", "") in only:
        for simpler in _simpler(body):
            yield _changed(case, "body", simpler)
        return
    for name in [name for container, name in only if container == "body" and name in body]:
        for simpler in _simpler(body[name]):
            yield _changed(case, "body", {**body, name: simpler})


def _changed(case: Case[Any], container: str, value: Any) -> Case[Any]:
    candidate = case.derive(keep_auth=True)
    # Whether the data is valid is judged anew for each candidate.
    candidate._meta = deepcopy(case.meta)  # noqa: SLF001 - `derive` shares it
    current = getattr(candidate, container)
    if container == "headers":
        current.clear()
        current.update(value)
    else:
        setattr(candidate, container, value)
    return candidate


def _simpler(value: Any) -> Iterator[Any]:
    """Values that may do in place of `value`, the simplest first."""
    if isinstance(value, dict):
        yield {}
        for name in value:
            yield {key: kept for key, kept in value.items() if key != name}
        yield from ({**value, name: simpler} for name in value for simpler in _simpler(value[name]))
    elif isinstance(value, list):
        yield []
        for at, item in enumerate(value):
            yield [*value[:at], *value[at + 1 :]]
            yield from ([*value[:at], simpler, *value[at + 1 :]] for simpler in _simpler(item))
    elif isinstance(value, str):
        half = len(value) // 2
        yield from ("", "0", value[:half], value[half:], value[:-1], "0" * len(value))
    elif isinstance(value, int) and not isinstance(value, bool):
        yield from (0, 1, value // 10, value // 2)


def _weight(case: Case[Any]) -> tuple[int, int, str]:
    """Less is simpler: the length of what is sent, then the characters in it that are no zeros."""
    body = None if case.body is NOT_SET else case.body
    sent = json.dumps(
        [dict(case.headers), case.query, case.cookies, body], default=str, ensure_ascii=False, sort_keys=True
    )
    return len(sent), len(sent) - sent.count("0"), sent
