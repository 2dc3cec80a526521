"""What a change of the contract means to the clients that are there: `cierre spec diff`."""

import copy
import subprocess

import pytest
from click.testing import CliRunner

from cierre.cli.spec import command
from cierre.oas import load
from cierre.oas.differences import diff
from cierre.oas.document import Document
from cierre.oas.flattening import flat

DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "t", "version": "1"},
    "servers": [{"url": "/"}],
    "paths": {
        "/users/{id}": {
            "post": {
                "operationId": "change",
                "security": [{"bearer": []}],
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Wanted"}}}},
                "responses": {
                    "200": {
                        "description": "ok",
                        "headers": {"X-Trace-Id": {"required": True, "schema": {"type": "string"}}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/User"}}},
                    },
                    "404": {"description": "no"},
                },
            }
        }
    },
    "components": {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        "schemas": {
            "Wanted": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "name": {"type": "string", "maxLength": 10},
                    "kind": {"type": "string", "enum": ["a", "b"]},
                },
            },
            "User": {
                "type": "object",
                "required": ["name"],
                "additionalProperties": False,
                "properties": {
                    "name": {"type": "string"},
                    "age": {"type": "integer", "maximum": 150},
                    "kind": {"type": "string", "enum": ["a", "b"]},
                    "friend": {"$ref": "#/components/schemas/User"},
                },
            },
        },
    },
}
OPERATION = "paths /users/{id} post"
WANTED = "components schemas Wanted"
USER = "components schemas User"
GONE = object()


def changed(path, value):
    """The document with one thing set or, by GONE, taken away; the path's words are its keys."""
    document = copy.deepcopy(DOCUMENT)
    *way, last = [int(word) if len(word) == 1 and word.isdigit() else word for word in path.split()]
    node = document
    for key in way:
        node = node[key]
    if value is GONE:
        del node[last]
    else:
        node[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "level", "message"),
    [
        ("paths /users/{id}", GONE, "breaking", "the operation is gone"),
        (f"{OPERATION} operationId", "alter", "risky", "operationId change → alter"),
        (f"{OPERATION} deprecated", True, "harmless", "is now deprecated"),
        (f"{OPERATION} security", [{"bearer": ["admin"]}], "breaking", "a credential that was enough"),
        (f"{OPERATION} security", [{"bearer": []}, {}], "harmless", "other credentials are enough"),
        (f"{OPERATION} parameters 1", GONE, "risky", "query parameter page is gone"),
        (f"{OPERATION} parameters 1 required", True, "breaking", "query parameter page is now required"),
        (f"{OPERATION} parameters 1 schema minimum", 2, "breaking", "minimum 1 → 2"),
        (f"{OPERATION} parameters 1 schema minimum", 0, "harmless", "minimum 1 → 0"),
        (f"{OPERATION} parameters 1 schema default", 3, "risky", "default none → 3"),
        (f"{OPERATION} parameters 1 explode", False, "breaking", "is written in another way"),
        (f"{OPERATION} requestBody", GONE, "risky", "the request body is gone"),
        (f"{OPERATION} requestBody required", True, "breaking", "the request body is now required"),
        (f"{OPERATION} requestBody content", {"text/plain": {}}, "breaking", "application/json is gone"),
        (f"{OPERATION} responses 200", GONE, "breaking", "the answer 200 is gone"),
        (f"{OPERATION} responses 404", GONE, "harmless", "the answer 404 is gone"),
        (f"{OPERATION} responses 429", {"description": "slow"}, "risky", "the answer 429 is new"),
        (f"{OPERATION} responses 200 content", GONE, "breaking", "has no body any more"),
        (f"{OPERATION} responses 404 content", {"text/plain": {}}, "risky", "has a body now"),
        (f"{OPERATION} responses 200 headers X-Trace-Id", GONE, "breaking", "header X-Trace-Id is gone"),
        (f"{OPERATION} responses 200 headers X-Trace-Id required", False, "breaking", "no longer always there"),
        (f"{OPERATION} responses 404 headers", {"Allow": {}}, "harmless", "header Allow is new"),
        (f"{WANTED} required", ["name"], "breaking", "property name is now required"),
        (f"{WANTED} properties name", GONE, "breaking", "property name is gone"),
        (f"{WANTED} properties size", {"type": "string"}, "harmless", "property size is new"),
        (f"{WANTED} properties name maxLength", 5, "breaking", "/name: maxLength 10 → 5"),
        (f"{WANTED} properties name maxLength", GONE, "harmless", "/name: maxLength 10 → none"),
        (f"{WANTED} properties name pattern", "^x", "breaking", '/name: pattern none → "^x"'),
        (f"{WANTED} properties name type", "number", "breaking", "/name: string is no longer allowed"),
        (f"{WANTED} properties name nullable", True, "harmless", "/name: null is now allowed"),
        (f"{WANTED} properties kind enum", ["a"], "breaking", '/kind: value "b" is gone'),
        (f"{WANTED} properties kind enum", ["a", "b", "c"], "harmless", '/kind: value "c" is new'),
        (f"{WANTED} additionalProperties", True, "harmless", "further properties are now allowed"),
        (f"{USER} required", [], "breaking", "property name is no longer required"),
        (f"{USER} required", ["name", "age"], "harmless", "property age is now required"),
        (f"{USER} properties age", GONE, "risky", "property age is gone"),
        (f"{USER} properties size", {"type": "string"}, "risky", "property size is new"),
        (f"{USER} properties age maximum", 200, "risky", "/age: maximum 150 → 200"),
        (f"{USER} properties age maximum", 100, "harmless", "/age: maximum 150 → 100"),
        (f"{USER} properties age type", "string", "breaking", "/age: string is now allowed"),
        (f"{USER} properties name nullable", True, "breaking", "/name: null is now allowed"),
        (f"{USER} properties kind enum", ["a", "b", "c"], "risky", '/kind: value "c" is new'),
        (f"{USER} properties kind enum", GONE, "breaking", "/kind: values are no longer enumerated"),
        ("servers", [], "risky", "server / is gone"),
    ],
)
def test_what_a_change_means(path, value, level, message):
    changes = diff(DOCUMENT, changed(path, value))
    assert [change.level for change in changes if message in change.message] == [level]
    if level != "breaking":
        assert "breaking" not in {change.level for change in changes}


def test_the_same_contract_has_not_changed():
    assert diff(DOCUMENT, copy.deepcopy(DOCUMENT)) == []
    assert diff(load(), load()) == []


def test_what_is_for_people_is_not_a_change():
    document = changed(f"{OPERATION} summary", "Another text")
    document["info"]["title"] = "Another title"
    assert diff(DOCUMENT, document) == []


def test_a_new_operation_is_harmless():
    document = changed("paths /health", {"get": {"responses": {"200": {"description": "ok"}}}})
    assert diff(DOCUMENT, document) == [("harmless", "GET /health", "the operation is new")]


def test_a_path_parameter_may_be_called_something_else():
    text = str(DOCUMENT).replace("{id}", "{userId}").replace("'name': 'id'", "'name': 'userId'")
    assert diff(DOCUMENT, eval(text)) == []


def test_a_schema_may_be_moved_or_written_as_all_of():
    document = copy.deepcopy(DOCUMENT)
    wanted = document["components"]["schemas"]["Wanted"]
    split = {"allOf": [{"type": "object", "properties": {"name": wanted["properties"].pop("name")}}, wanted]}
    body = document["paths"]["/users/{id}"]["post"]["requestBody"]["content"]["application/json"]
    body["schema"] = split
    assert diff(DOCUMENT, document) == []


def test_an_alternative_that_goes_is_harmless_in_an_answer_and_breaks_a_request():
    def document(*kinds):
        schema = {"oneOf": [{"type": kind} for kind in kinds]}
        content = {"content": {"application/json": {"schema": schema}}}
        answers = {"200": {"description": "ok", **content}}
        return {"openapi": "3.0.3", "paths": {"/": {"post": {"requestBody": content, "responses": answers}}}}

    levels = {change.level for change in diff(document("string", "integer", "boolean"), document("string", "integer"))}
    assert levels == {"breaking", "harmless"}


def web(size, kind):
    """A document whose components all refer to all others."""
    names = [f"C{number}" for number in range(size)]
    refers = {name: {"$ref": f"#/components/schemas/{name}"} for name in names}
    made = {name: {"type": "object", "properties": {**refers, "value": {"type": kind}}} for name in names}
    media = {"application/json": {"schema": {"$ref": "#/components/schemas/C0"}}}
    operation = {"responses": {"200": {"description": "", "content": media}}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "paths": {"/x": {"get": operation}},
        "components": {"schemas": made},
    }


def test_of_many_ways_to_a_component_the_nearest_are_told():
    """There are some ten billion ways without a circle."""
    messages = [change.message for change in diff(web(13, "string"), web(13, "integer"))]
    places = [message.partition(": ")[2].partition(":")[0] for message in messages if "no longer allowed" in message]
    assert sorted(place for place in places if place.endswith("/C12/value")) == [
        "/C1/C12/value",
        "/C10/C12/value",
        "/C12/value",
    ]
    assert "/value" in places
    assert len(places) <= 13 * 3


def test_the_worst_change_of_an_operation_comes_first():
    document = changed(f"{OPERATION} deprecated", value=True)
    document["components"]["schemas"]["Wanted"]["required"] = ["name"]
    assert [change.level for change in diff(DOCUMENT, document)] == ["breaking", "harmless"]


def test_bounds_of_both_versions_of_openapi_mean_the_same():
    document = Document({})
    assert flat(document, {"minimum": 1, "exclusiveMinimum": True}) == flat(document, {"exclusiveMinimum": 1})
    assert flat(document, {"type": "string", "nullable": True}) == flat(document, {"type": ["string", "null"]})


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A git repository whose first commit, `v1`, holds a contract in two files."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "openapi"
    folder.mkdir()
    (folder / "openapi.yaml").write_text("openapi: 3.0.3\npaths:\n  /a: {$ref: a.yaml}\n", encoding="utf-8")
    (folder / "a.yaml").write_text("get: {responses: {'200': {description: ok}}}\n", encoding="utf-8")
    for arguments in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "first"],
        ["tag", "v1"],
    ):
        subprocess.run(["git", *arguments], check=True)
    return folder


def run(*arguments):
    return CliRunner().invoke(command, ["diff", *map(str, arguments)])


def test_a_commit_is_compared_with_a_file_and_a_break_is_exit_code_1(repository):
    (repository / "a.yaml").write_text("get: {responses: {'204': {description: ok}}}\n", encoding="utf-8")
    result = run("v1", repository / "openapi.yaml")
    assert result.exit_code == 1
    assert result.stdout == "GET /a\n  breaking  the answer 200 is gone\n  risky     the answer 204 is new\n"
    assert result.stderr == "1 breaking, 1 risky, 0 harmless\n"


@pytest.mark.usefixtures("repository")
def test_a_path_in_a_commit_can_be_named():
    result = run("v1:openapi/openapi.yaml", "HEAD")
    assert (result.exit_code, result.stdout) == (0, "")


@pytest.mark.parametrize(
    ("old", "said"),
    [("v9", "v9: neither a file nor a commit"), ("v1:openapi/b.yaml", "b.yaml: is not in v1")],
)
def test_what_cannot_be_compared_is_one_line(repository, old, said):
    result = run(old, repository / "openapi.yaml")
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr
