"""The table of the checks in the documents has each check of the code, with its clause and its switch."""

import re

import pytest

from cierre.contract_tests import named
from tests.support.paths import ROOT

PAGES = {"docs/contract-tests.md": "always", "docs/es/contract-tests.md": "siempre"}
ROW = re.compile(r"^\| `(\w+)` \| .+ \| (.+) \| (.+) \|$", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_the_table_has_every_check_in_order_with_its_switch(page):
    rows = [row for row in ROW.findall((ROOT / page).read_text()) if row[0] in {one.name for one in named.NAMED}]

    switches = [(one.name, "`--security`" if one.security else PAGES[page]) for one in named.NAMED]
    assert [(name, switch) for name, _, switch in rows] == switches


def test_the_table_has_the_clause_of_every_check():
    clauses = {name: clause for name, clause, _ in ROW.findall((ROOT / "docs/contract-tests.md").read_text())}

    known = {one.name: one.source.replace("OWASP API Security Top 10, 2023,", "OWASP") for one in named.NAMED}
    assert {name: clauses[name] for name in known} == known
