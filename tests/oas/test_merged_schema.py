"""Schemas merged into one: what is kept of a document, and for how long."""

from cierre.oas.document import Document
from cierre.oas.merged_schema import flatten

SCHEMA = {"allOf": [{"type": "integer", "minimum": 3}, {"maximum": 5}], "oneOf": [{"multipleOf": 2}, {"multipleOf": 3}]}


def test_the_same_schemas_are_merged_once():
    document = Document({})
    assert flatten(document, [SCHEMA]) is flatten(document, (SCHEMA,))
    assert flatten(document, [SCHEMA]).bounds == {"minimum": 3, "maximum": 5}


def test_what_is_decided_and_the_document_tell_one_result_from_another():
    document, other = Document({}), Document({})
    decided = frozenset({id(SCHEMA["oneOf"])})
    assert flatten(document, [SCHEMA]).choices
    assert not flatten(document, [SCHEMA], decided).choices
    assert flatten(other, [SCHEMA]) is not flatten(document, [SCHEMA])


def test_schemas_that_nobody_else_holds_are_never_taken_for_others():
    document = Document({})
    for number in range(3000):
        assert flatten(document, [{"minimum": number}, {"type": "integer"}]).bounds == {"minimum": number}


def test_not_more_is_kept_than_a_thousand():
    document = Document({})
    for number in range(3000):
        flatten(document, [{"minimum": number}])
    assert len(document.merged) <= 1024
