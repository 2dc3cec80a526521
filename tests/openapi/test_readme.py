"""openapi/README.md against the contract that it explains."""

import json
import re

import pytest

from cierre.oas import load
from cierre.oas.references import resolved
from cierre.oas.structure import operations
from tests.support.paths import ROOT

README = (ROOT / "openapi" / "README.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"<!-- example: (\S+) (\d+) (\S+) (\S+) -->\n```json\n(.*?)```", README, re.DOTALL)


def test_all_twenty_seven_decisions_are_told_with_a_reason_and_a_place():
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in README.splitlines() if re.match(r"\| \d{1,2} \|", line)]
    assert [int(row[0]) for row in rows] == list(range(1, 28))
    for row in rows:
        assert len(row) == 5
        assert all(cell.strip() for cell in row)
        assert re.match(r"\s*00[0-4]", row[4])


@pytest.mark.parametrize(("name", "status", "situation", "media_type", "text"), SHOWN)
def test_an_example_of_the_readme_is_the_contract_s(name, status, situation, media_type, text):
    contract = load()
    operation = next(item for _, _, item, _ in operations(contract) if item["operationId"] == name)
    response = resolved(contract, operation["responses"][status])
    example = resolved(contract, response["content"][media_type]["examples"][situation])
    assert json.loads(text) == example["value"]


def test_the_readme_shows_every_dialect_that_has_a_body():
    assert len(SHOWN) == 5


def test_every_file_of_the_contract_stands_in_a_folder_that_the_readme_names():
    folder = ROOT / "openapi"
    for file in folder.rglob("*.yaml"):
        assert file.parent == folder or f"{file.relative_to(folder).parts[0]}/" in README
