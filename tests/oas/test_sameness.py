"""What two documents have in common is not compared, and what is not in common is."""

import copy
import random

import pytest

from cierre.oas import load
from cierre.oas.differences import diff
from cierre.oas.document import Document
from cierre.oas.sameness import Sameness


def document(version="3.0.3", **schemas):
    return {"openapi": version, "paths": {}, "components": {"schemas": schemas}}


def ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


TREE = {
    "Leaf": {"type": "string"},
    "Branch": {"properties": {"leaf": ref("Leaf"), "next": ref("Branch")}},
    "Tree": {"properties": {"branch": ref("Branch")}},
    "Stone": {"type": "integer"},
}


@pytest.mark.parametrize("name", ["Leaf", "Branch", "Tree", "Stone"])
def test_what_is_the_same_with_all_that_it_reaches_is_the_same(name):
    same = Sameness(Document(document(**TREE)), Document(document(**copy.deepcopy(TREE))))
    assert same.holds(ref(name), ref(name))
    assert same.holds(TREE[name], copy.deepcopy(TREE[name]))


@pytest.mark.parametrize(("name", "holds"), [("Leaf", False), ("Branch", False), ("Tree", False), ("Stone", True)])
def test_what_reaches_a_change_is_not_the_same_however_far_it_is(name, holds):
    same = Sameness(Document(document(**TREE)), Document(document(**TREE | {"Leaf": {"type": "number"}})))
    assert same.holds(ref(name), ref(name)) is holds


def test_what_leads_nowhere_is_not_the_same():
    same = Sameness(Document(document(**TREE)), Document(document(**TREE)))
    assert not same.holds(ref("Gone"), ref("Gone"))


def test_nothing_is_the_same_in_another_version_which_reads_differently():
    same = Sameness(Document(document(**TREE)), Document(document("3.1.0", **TREE)))
    assert not same.holds(ref("Stone"), ref("Stone"))


@pytest.mark.parametrize("seed", range(5))
def test_the_changes_are_those_of_comparing_all(seed, monkeypatch):
    old = load()
    new = changed(old, random.Random(seed))
    found = diff(old, new)
    monkeypatch.setattr(Sameness, "holds", lambda *_: False)
    assert found == diff(old, new)
    assert found


def changed(whole, chance):
    """A copy with some schemas changed."""
    new = copy.deepcopy(whole)
    for schema in new["components"]["schemas"].values():
        properties = schema.get("properties", {})
        if properties and chance.random() < 0.1:
            name = chance.choice(sorted(properties))
            properties[name] = chance.choice([{"type": "integer"}, {**properties[name], "readOnly": True}, {}])
        if schema.get("required") and chance.random() < 0.1:
            schema["required"] = schema["required"][1:]
        if "enum" in schema and chance.random() < 0.3:
            schema["enum"] = [*schema["enum"], "another"]
    return new
