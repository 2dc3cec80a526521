"""Accept and Accept-Language, as the contract tests read them: an oracle apart from the service."""

import pytest

from cierre.contract_tests.negotiation import language, quality


@pytest.mark.parametrize(
    ("media_type", "accept", "weight"),
    [
        ("application/json", "*/*", 1.0),
        ("application/json", "application/*;q=0.5", 0.5),
        ("application/json", "*/*;q=0.1, application/json;q=0", 0.0),
        ("text/html", "application/json", 0.0),
        ("application/json", "text/html, application/json; charset=utf-8;q=0.3", 0.3),
    ],
)
def test_the_most_specific_range_of_accept_decides(media_type, accept, weight):
    assert quality(media_type, accept) == weight


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("es", "es"),
        ("es;q=0.1, EN", "en"),
        ("en;q=0.5, es;q=0.5", ""),
        ("es, en", ""),
        ("", ""),
        (" en ; q=0.3 ", "en"),
    ],
)
def test_the_language_that_is_wanted_most_is_the_one(accept, wanted):
    assert language(accept) == wanted
