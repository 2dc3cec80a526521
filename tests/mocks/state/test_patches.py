"""JSON Merge Patch (RFC 7396, appendix A) and JSON Patch (RFC 6902, appendix A)."""

import pytest

from cierre.mocks.state.patches import Conflict, Unusable, apply, merge


@pytest.mark.parametrize(
    ("value", "patch", "expected"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "foo"}, None, None),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_sets_and_removes(value, patch, expected):
    assert merge(value, patch) == expected


def test_null_is_a_value_where_no_merge_patch_was_sent():
    assert merge({"a": 1}, {"a": None}, keep_null=True) == {"a": None}


@pytest.mark.parametrize(
    ("value", "operation", "expected"),
    [
        ({"foo": "bar"}, {"op": "add", "path": "/baz", "value": "qux"}, {"foo": "bar", "baz": "qux"}),
        ({"foo": [1, 2]}, {"op": "add", "path": "/foo/1", "value": 9}, {"foo": [1, 9, 2]}),
        ({"foo": [1]}, {"op": "add", "path": "/foo/-", "value": [2]}, {"foo": [1, [2]]}),
        ({"a": 1, "b": 2}, {"op": "remove", "path": "/a"}, {"b": 2}),
        ({"foo": [1, 2, 3]}, {"op": "remove", "path": "/foo/1"}, {"foo": [1, 3]}),
        ({"a": 1}, {"op": "replace", "path": "/a", "value": 2}, {"a": 2}),
        ({"a": {"b": 1}, "c": {}}, {"op": "move", "from": "/a/b", "path": "/c/d"}, {"a": {}, "c": {"d": 1}}),
        ({"a": [1]}, {"op": "copy", "from": "/a", "path": "/b"}, {"a": [1], "b": [1]}),
        ({"/": 9, "~1": 10}, {"op": "test", "path": "/~01", "value": 10}, {"/": 9, "~1": 10}),
        ({"a": 1}, {"op": "replace", "path": "", "value": 7}, 7),
    ],
)
def test_an_operation_of_a_json_patch(value, operation, expected):
    assert apply(value, [operation]) == expected


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/b"},
        {"op": "replace", "path": "/b", "value": 1},
        {"op": "test", "path": "/a", "value": "1"},
        {"op": "test", "path": "/a", "value": True},
        {"op": "add", "path": "/list/01", "value": 1},
        {"op": "add", "path": "/list/9", "value": 1},
        {"op": "add", "path": "/b/c", "value": 1},
        {"op": "move", "from": "/o", "path": "/o/p"},
    ],
)
def test_what_cannot_be_carried_out_changes_nothing(operation):
    value = {"a": 1, "list": [1, 2], "o": {}}
    with pytest.raises(Conflict):
        apply(value, [{"op": "add", "path": "/new", "value": 1}, operation])
    assert value == {"a": 1, "list": [1, 2], "o": {}}


@pytest.mark.parametrize(
    "patch",
    [
        {"a": 1},
        ["x"],
        [{"op": "add"}],
        [{"op": "add", "path": "/a"}],
        [{"op": "x", "path": ""}],
        [{"path": "a"}],
        [{"op": "move", "path": "/a"}],
        [{"op": "remove", "path": "a"}],
    ],
)
def test_what_is_no_json_patch_is_told(patch):
    with pytest.raises(Unusable):
        apply({"a": 1}, patch)
