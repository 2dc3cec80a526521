"""A valid request that is refused because what it makes is there already: that is no broken contract."""

from __future__ import annotations

import json
import re
from typing import Any

import requests
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case

from cierre.contract_tests.resources.values import Values
from cierre.contract_tests.run import Run
from cierre.oas.navigation import find

_REFUSED = frozenset({400, 409, 422})
_THERE = re.compile(
    r"exist|duplicat|already|unique|taken|conflict|in use|ya (est|hab|hay)|registrad|repetid", re.IGNORECASE
)


def is_conflict(run: Run, case: Case[Any], response: Response) -> bool:
    """Whether an answer says that something is there already, and the same request with new texts is taken."""
    if response.status_code not in _REFUSED or not isinstance(case.body, dict):
        return False
    if not _THERE.search((response.content or b"")[:10_000].decode(errors="replace")):
        return False
    content = (*_steps(case), "requestBody", "content", case.media_type or "", "schema")
    fresh = Values(run.document, len(run.report.exchanges)).fresh(find(run.document, *content) or {}, case.body)
    if fresh == case.body:
        return False
    sent = response.request
    kept = {name: value for name, value in sent.headers.items() if name.lower() != "content-length"}
    try:
        again = requests.request(
            str(sent.method),
            str(sent.url),
            headers=kept,
            data=json.dumps(fresh).encode(),
            timeout=run.options.patience * 2,
            allow_redirects=False,
        )
    except requests.RequestException:
        return False
    return again.status_code < 300


def _steps(case: Case[Any]) -> tuple[str, str, str]:
    return "paths", case.operation.path, case.operation.method.lower()
