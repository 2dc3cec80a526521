"""Mistakes of a file of scenarios: all of them at once, each with its line and how to mend it."""

import jsonschema_rs
import pytest
from click.testing import CliRunner

from cierre.cli import cli
from cierre.mocks.console.scenarios.schema import schema
from cierre.oas.document import Document
from cierre.oas.errors import BrokenDocument
from tests.support.flows import SHOP, playing

START = "scenarios:\n  one:\n    steps:\n"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("scenarios: {}", 1, "/scenarios: "),
        ("other: 1", 1, "scenarios"),
        (START + "      - operation: getPaymnt\n        answers: [{status: 200}]\n", 4, "did you mean getPayment?"),
        (START + "      - operation: getPayment\n        answers: [{status: 418}]\n", 5, "it has: 200, 401"),
        (START + "      - operation: getPayment\n        answers: [{example: no}]\n", 5, "it has: done, failed"),
        (START + "      - operation: getPayment\n        answers: [{delay: soon}]\n", 5, "no delay"),
        (START + "      - operation: getPayment\n        answers: []\n", 5, "/answers"),
        (START + "      - operation: getPayment\n        evry: 5\n        answers: [{status: 200}]\n", 5, "evry"),
        (
            START + "      - operation: getPayment\n        per: path.\n        answers: [{status: 200}]\n",
            5,
            "expression",
        ),
        (START + "      - operation: getPayment\n        set: {x: '{{ y'}\n", 5, "no template"),
        (
            START + "      - operation: login\n        when: {body: {'$.[': 1}}\n        answers: [{status: 200}]\n",
            5,
            "no JSONPath (RFC 9535)",
        ),
        (
            START + "      - operation: getPayment\n        when: {path: {id: {pattern: '('}}}\n        set: {}\n",
            5,
            "no regular expression",
        ),
        ("scenarios:\n  one: [\n", 3, "did not find expected"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path, text, line, said):
    with pytest.raises(BrokenDocument) as broken:
        playing(tmp_path, text)
    assert str(broken.value).startswith(f"{tmp_path}/scenario.yaml:{line}:")
    assert said in str(broken.value)


def test_the_command_tells_all_of_them_and_ends(tmp_path):
    (tmp_path / "scenario.yaml").write_text(
        START + "      - {operation: a, answers: [{times: 1}]}\n" * 2, encoding="utf-8"
    )
    spec = tmp_path / "openapi.yaml"
    spec.write_text("openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths: {}\n", encoding="utf-8")
    command = ["mock", str(spec), "--port", "0", "--scenario", str(tmp_path / "scenario.yaml")]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code != 0
    assert result.output.count("the document has no operation 'a'") == 2


def test_two_files_cannot_have_one_name(tmp_path):
    with pytest.raises(BrokenDocument, match="give each its own"):
        playing(tmp_path, START + "      - {operation: login, set: {}}\n").app.board.scenarios.__class__(
            [tmp_path / "scenario.yaml"] * 2, Document(SHOP, "shop"), None
        )


def test_an_editor_is_offered_the_documents_operations():
    with_operations = schema(Document(SHOP, "shop"))
    judge = jsonschema_rs.validator_for(with_operations)
    good = {"scenarios": {"one": {"steps": [{"operation": "GET /books", "answers": [{"status": 200}]}]}}}
    assert judge.is_valid(good)
    good["scenarios"]["one"]["steps"][0]["operation"] = "GET /nothing"
    assert not judge.is_valid(good)
    assert jsonschema_rs.validator_for(schema()).is_valid(good)
