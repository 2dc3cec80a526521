"""`cierre.clock`: times as texts."""

from datetime import UTC, datetime

import pytest

from cierre import clock


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (1_758_814_200_000, "2025-09-25T15:30:00.000Z"),
        (1_758_814_200_999, "2025-09-25T15:30:00.999Z"),
        (1_758_814_201_000, "2025-09-25T15:30:01.000Z"),
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ],
)
def test_milliseconds_are_a_text_of_rfc_3339_and_back(milliseconds, text):
    assert clock.rfc3339(milliseconds) == text
    assert clock.from_rfc3339(text) == milliseconds


def test_now_has_microseconds():
    before = datetime.now(UTC)
    text = clock.rfc3339_now()
    assert len(text) == len("2025-09-25T15:30:00.000000Z")
    assert before <= datetime.fromisoformat(text) <= datetime.now(UTC)
