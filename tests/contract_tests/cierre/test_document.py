"""Cierre's own document, as a run needs it: what routing itself refuses."""

from types import SimpleNamespace

import pytest

from cierre.contract_tests.cierre.document import has_two_meanings, is_refused_by_routing, load
from cierre.oas.navigation import find

UNROUTED = ("x-cierre-unrouted", "/api/v1/", "404", "content", "application/json", "examples", "route_not_found")
UNKNOWN = ("components", "responses", "session_unknown", "content", "application/json", "examples", "session_unknown")


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("a%2Fb", True),
        ("a%5cb", True),
        ("a/../b", True),
        ("%2e%2e", True),
        ("a//b", True),
        ("a.b", False),
        ("a%25", False),
        ("64f8", False),
    ],
)
def test_a_path_with_two_meanings_is_known(sent, expected):
    assert has_two_meanings(f"http://localhost/api/v1/auth/sessions/{sent}?next=//") is expected


@pytest.mark.parametrize(
    ("steps", "status", "expected"), [(UNROUTED, 404, True), (UNROUTED, 400, False), (UNKNOWN, 404, False)]
)
def test_only_the_very_answer_of_routing_is_its_refusal(steps, status, expected):
    document = load(None)
    body = find(document, *steps, "value")
    response = SimpleNamespace(
        status_code=status,
        headers={"content-type": ["application/json"]},
        request=SimpleNamespace(url="http://localhost/api/v1/auth/sessions/a%5Cb"),
        json=lambda: body,
    )
    assert is_refused_by_routing(document, response) is expected
