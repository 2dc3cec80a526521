"""Why what the contract names was never reached."""

import pytest

from cierre.contract_tests.report import write
from cierre.contract_tests.report.reasons import why_not


@pytest.mark.parametrize(
    ("item", "statuses", "notes", "why"),
    [
        ("429", {"200": 3}, (), "no quota was spent: --limits spends each, unless the server has no limits on"),
        ("201 application/json", {"400": 9, "401": 2}, (), "most were answered with 400 (9 times)"),
        ("200 application/xml", {"200": 3}, (), "200 came, never as application/xml"),
        ("404", {}, (), "no request was sent to this operation"),
        ("200", {"400": 1}, ("given up: it never answers",), "given up: it never answers"),
        ("page (query)", {"200": 3}, (), "no generated request had it"),
        ("418", {"200": 3}, (), "no request was refused so"),
    ],
)
def test_each_gap_has_a_reason(item, statuses, notes, why):
    assert why in why_not(item, statuses, notes)


def test_the_page_has_a_column_why_not_reached(outcome, tmp_path):
    task, report = outcome("", phases=("examples",))
    write(report, task.document, task.secrets, tmp_path)
    page = (tmp_path / "index.html").read_text()

    assert "<th>why not reached</th>" in page
    assert "<td><code>404 application/problem+json</code></td><td>" in page
