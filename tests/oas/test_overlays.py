"""OpenAPI Overlay 1.0: actions upon a document, and `cierre spec apply`."""

import json

import pytest
import yaml
from click.testing import CliRunner

from cierre.cli import cli
from cierre.oas.errors import BrokenDocument
from cierre.oas.overlays import apply, read_overlay

SPEC = {
    "openapi": "3.0.3",
    "info": {"title": "Books", "version": "1", "contact": {"name": "Ana"}},
    "tags": [{"name": "a"}, {"name": "b"}, {"name": "c"}],
    "paths": {
        "/books": {
            "get": {"x-internal": True, "tags": ["a"], "responses": {"200": {"description": "All."}}},
            "post": {"responses": {"201": {"description": "Made."}}},
        }
    },
}
BOTH = {"name": "Ana", "url": "u"}


def changed(tmp_path, *actions):
    file = tmp_path / "overlay.yaml"
    info = {"title": "T", "version": "1"}
    file.write_text(yaml.safe_dump({"overlay": "1.0.0", "info": info, "actions": list(actions)}), encoding="utf-8")
    return apply(SPEC, read_overlay(file))


@pytest.mark.parametrize(
    ("action", "path", "value"),
    [
        ({"target": "$.info", "update": {"contact": {"url": "u"}}}, "info", {**SPEC["info"], "contact": BOTH}),
        ({"target": "$.info", "update": {"title": "Shelf"}}, "info", {**SPEC["info"], "title": "Shelf"}),
        ({"target": "$.tags", "update": {"name": "d"}}, "tags", [*SPEC["tags"], {"name": "d"}]),
        ({"target": "$", "update": {"tags": [{"name": "d"}]}}, "tags", [*SPEC["tags"], {"name": "d"}]),
        ({"target": "$.tags[?@.name != 'b']", "remove": True}, "tags", [{"name": "b"}]),
        ({"target": "$.info.contact", "remove": True, "update": {"a": 1}}, "info", {"title": "Books", "version": "1"}),
        ({"target": "$", "update": {"servers": [{"url": "/"}]}}, "servers", [{"url": "/"}]),
    ],
)  # fmt: skip
def test_an_action_merges_appends_or_removes(tmp_path, action, path, value):
    before = json.dumps(SPEC)
    document, idle = changed(tmp_path, action)
    assert (document[path], idle) == (value, [])
    assert json.dumps(SPEC) == before


def test_actions_work_one_after_the_other_upon_every_target(tmp_path):
    document, idle = changed(
        tmp_path,
        {"target": "$.paths.*.*.responses", "update": {"500": {"description": "Oops."}}},
        {"target": "$.paths.*[?@['x-internal'] == true]", "remove": True},
        {"target": "$.paths.*.get", "update": {"summary": "Gone"}},
    )
    assert document["paths"] == {
        "/books": {"post": {"responses": {"201": {"description": "Made."}, "500": {"description": "Oops."}}}}
    }
    assert [one.message for one in idle] == ["$['paths'][*]['get'] selects nothing"]


def test_a_target_that_is_no_object_is_told(tmp_path):
    document, idle = changed(tmp_path, {"target": "$.info.title", "update": "Shelf"})
    assert document == SPEC
    assert "name the object that holds it" in idle[0].message


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("overlay: 2.0.0\ninfo: {title: T, version: '1'}\nactions: [{target: $}]\n", 1, "/overlay"),
        ("overlay: 1.0.0\ninfo: {title: T, version: '1'}\nactions: []\n", 3, "/actions"),
        ("overlay: 1.0.0\ninfo: {title: T, version: '1'}\nactions:\n  - target: info\n", 4, "no JSONPath"),
        ("overlay: 1.0.0\ninfo: {title: T, version: '1'}\nactions:\n  - target: $\n    updte: {}\n", 5, "updte"),
    ],
)
def test_a_mistake_of_an_overlay_is_told_with_its_line(tmp_path, text, line, said):
    file = tmp_path / "overlay.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BrokenDocument) as broken:
        read_overlay(file)
    assert str(broken.value).startswith(f"{file}:{line}:")
    assert said in str(broken.value)


def test_the_command_writes_the_changed_document(tmp_path):
    (tmp_path / "openapi.json").write_text(json.dumps(SPEC), encoding="utf-8")
    overlay = "overlay: 1.0.0\ninfo: {title: T, version: '1'}\nactions:\n"
    (tmp_path / "one.yaml").write_text(f"{overlay}- target: $.info\n  update: {{title: Shelf}}\n", encoding="utf-8")
    (tmp_path / "two.yaml").write_text(f"{overlay}- target: $.none\n  remove: true\n", encoding="utf-8")
    command = ["spec", "apply", *(str(tmp_path / name) for name in ("openapi.json", "one.yaml", "two.yaml"))]
    result = CliRunner().invoke(cli, [*command, "-o", str(tmp_path / "out.yaml")])
    assert (result.exit_code, result.stderr) == (0, f"{tmp_path}/two.yaml:4:3: $['none'] selects nothing [overlay]\n")
    assert yaml.safe_load((tmp_path / "out.yaml").read_text(encoding="utf-8"))["info"]["title"] == "Shelf"
    result = CliRunner().invoke(cli, [*command, str(tmp_path / "no.yaml")])
    assert result.exit_code == 2
    assert "no.yaml: cannot be read" in result.stderr
