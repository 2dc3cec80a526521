"""`cierre spec lint` and openapi-spec-validator's own code say the same of documents that others wrote."""

import openapi_spec_validator
import pytest

from cierre.oas import read
from cierre.oas.linting import STANDARD, lint
from tests.support.public_documents import PACKAGES, fetch

pytestmark = [pytest.mark.documents, pytest.mark.long]
NAMES = [name for names in PACKAGES.values() for name in names]
KINDS = {"3.0": "V30", "3.1": "V31", "3.2": "V32", "": "V2"}
# openapi-spec-validator takes up to a minute for one of more bytes.
LARGEST = 3_000_000
# Documents of which one finds what the other does not, with the reason.
KNOWN = {
    "api/stripe.com.json": "an enumeration in a request has a value twice; openapi-spec-validator looks at answers",
}


@pytest.fixture(scope="module")
def documents():
    found = dict(zip(NAMES, fetch(), strict=True))
    return {name: path for name, path in found.items() if path.stat().st_size <= LARGEST}


def test_enough_documents_are_compared(documents):
    assert len(documents) >= 15


def test_documents_are_right_by_both_or_by_neither(documents):
    different = {name: found for name, path in documents.items() if len(set(map(bool, found := findings(path)))) > 1}
    assert different.keys() == KNOWN.keys(), different


def findings(path):
    """What we and they find of the standard."""
    document = read(str(path), lenient=True)
    ours = [one for one in lint(document) if one.rule == STANDARD]
    root = dict((document.swagger or document).root)
    kind = KINDS[str(root.get("openapi", ""))[:3]]
    theirs = list(getattr(openapi_spec_validator, f"OpenAPI{kind}SpecValidator")(root).iter_errors())
    return ours, theirs
