"""The reports of a run."""

import json
import xml.etree.ElementTree as ET

from cierre.contract_tests.report import write


def test_reports_say_what_broke_and_what_was_never_seen_and_keep_secrets(outcome, tmp_path):
    task, report = outcome("no location")

    written = {path.name: path.read_text() for path in write(report, task.document, task.secrets, tmp_path / "report")}

    page = written["index.html"]
    assert "The contract is broken in 1 place<" in page
    assert "#/paths/~1notes/post/responses/201/headers/Location" in page
    assert "Never seen" in page
    suites = ET.fromstring(written["junit.xml"])
    assert [failure.get("type") for failure in suites.iter("failure")] == ["response_headers_conformance"]
    content = json.loads(written["report.json"])
    assert content["exitCode"] == 1
    assert content["findings"][0]["clause"] == "#/paths/~1notes/post/responses/201/headers/Location"
    entries = json.loads(written["traffic.har"])["log"]["entries"]
    assert len(entries) == len(report.exchanges)
    for text in written.values():
        assert "token-of-notes-" not in text
        assert "of-straw" not in text
