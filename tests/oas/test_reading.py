"""One reader for every document: what it reads, from where, how far, and where it says that something is wrong."""

import gc
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

from cierre.oas import BrokenDocument, load, read
from cierre.oas.inlining import may_hold_any
from cierre.oas.limits import DocumentLimits
from cierre.oas.linting import lint
from cierre.oas.positions import Positions
from cierre.oas.syntax import parse
from tests.support.mocked import write

HEAD = "openapi: 3.0.3\ninfo: {title: t, version: '1'}\n"


def problems(source, **options):
    with pytest.raises(BrokenDocument) as caught:
        read(source, **options)
    return [str(problem) for problem in caught.value.problems]


# --- text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: &b {x: 1, y: 2}\nc: {<<: *b, y: 3}", {"a": {"x": 1, "y": 2}, "c": {"x": 1, "y": 3}}),
        ("a: [&b {x: 1}, &c {y: 2}]\nd: {<<: [*b, *c]}", {"a": [{"x": 1}, {"y": 2}], "d": {"x": 1, "y": 2}}),
        ("'<<': text", {"<<": "text"}),
        ("a: 0x1F", {"a": 31}),
        ("a: 0o17", {"a": 15}),
        (
            "a: [no, yes, on, 2025-01-01, 1_000, 12:30, ~, null, True]",
            {"a": [*["no", "yes", "on"], "2025-01-01", "1_000", "12:30", None, None, True]},
        ),
        ("200: {x: 1.5e3, y: .5}", {"200": {"x": 1500.0, "y": 0.5}}),
        ("\ufeffa: 1", {"a": 1}),
        ("{a: [1, 2]}", {"a": [1, 2]}),
    ],
)
def test_text_is_read_as_yaml_1_2_with_merge_keys(text, value):
    assert parse(text.encode(), "x.yaml") == value


def nested(levels, pair="[]"):
    return pair[0] * levels + pair[1] * levels


BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{level}: &a{level} [{','.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 11)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "with its aliases the file holds more than 10,000,000 values"),
        (nested(100_000), "nested deeper than 200 levels"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested deeper than 200 levels"),
        (nested(300), "nested deeper than 200 levels"),
        ("- " * 100_000 + "x", "nested deeper than 200 levels"),
        ("a: &a {b: *a}", "unknown alias *a, or one inside of its own anchor"),
        ("a: " + "9" * 5000, "a number of so many digits is not read"),
        ("a: 1\na: 2", "x.yaml:2:1: the key 'a' occurs twice"),
    ],
    ids=range(8),
)
def test_text_that_asks_for_too_much_is_refused_and_says_why(text, said):
    with pytest.raises(BrokenDocument) as caught:
        parse(text.encode(), "x.yaml")
    assert said in str(caught.value)


def test_a_file_past_the_limit_is_refused(tmp_path):
    path = write(tmp_path, openapi_yaml=HEAD + "paths: {}\n")
    assert problems(path, limits=DocumentLimits(size=20)) == [f"{path}: is larger than 20 bytes"]


# --- positions

TEXTS = {
    "yaml": "a:\n  - x: 1\n    y/z: [3, {q: 4}]\nb: &b {c: 5}\nd:\n  <<: *b\n",
    "json": '{\n  "a": [\n    {"x": 1, "y/z": [3, {"q": 4}]}\n  ],\n\t"b\\u0020\\"": {"c": "}"},\n  "e": 5\n}\n',
}


@pytest.mark.parametrize(
    ("kind", "pointer", "place"),
    [
        ("yaml", "", (1, 1)),
        ("yaml", "/a/0/x", (2, 5)),
        ("yaml", "/a/0/y~1z/1/q", (3, 15)),
        ("yaml", "/d/c", (4, 8)),
        ("yaml", "/a/0/gone/on", (2, 5)),
        ("json", "", (1, 1)),
        ("json", "/a/0", (3, 5)),
        ("json", "/a/0/y~1z", (3, 14)),
        ("json", "/a/0/y~1z/1/q", (3, 26)),
        ("json", '/b "/c', (5, 16)),
        ("json", "/e", (6, 3)),
        ("json", "/e/gone", (6, 3)),
    ],
)
def test_line_and_column_of_a_pointer(kind, pointer, place):
    assert Positions(TEXTS[kind].encode()).find(pointer) == place


@pytest.mark.parametrize("kind", TEXTS)
def test_places_are_the_same_in_whatever_order_they_are_asked_for(kind):
    places = ["/b/c", "/a/0/y~1z/1/q", "/a/0/x", "/a/0/y~1z", "/a", "/d/c", "/a/7"]
    one = Positions(TEXTS[kind].encode())
    assert [one.find(place) for place in places] == [Positions(TEXTS[kind].encode()).find(place) for place in places]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_lines_of_a_long_text_are_counted_from_its_beginning(ending):
    members = ending.join(f' "é{number}": [{number}],' for number in range(20_000))
    text = f'{{{ending}{members}{ending} "last": 1}}'.encode()
    positions = Positions(text)
    assert [positions.find(f"/é{number}/0") for number in (0, 4_999, 19_999)] == [(2, 9), (5_001, 12), (20_001, 13)]
    assert positions.find("/last") == (20_002, 2)


def test_of_several_merged_mappings_the_first_one_has_the_place():
    text = "a: &a {x: 1}\nb: &b {x: 2, y: 3}\nc:\n  <<: [*a, *b]\n  z: 4\n"
    positions = Positions(text.encode())
    assert [positions.find(f"/c/{name}") for name in "xyz"] == [(1, 8), (2, 14), (5, 3)]


def test_the_collector_of_garbage_is_on_again_after_reading(tmp_path):
    path = write(tmp_path, openapi_yaml="openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\n")
    read(path)
    assert gc.isenabled()
    gc.disable()
    try:
        read(path)
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize("text", ['{\n "a": 1,\n "b": 7,\n}', "{\n a: 1,\n b: 7}", '{ # text\n "a": 1,\n "b": 7}'])
def test_braces_of_yaml_have_places_as_well(text):
    assert Positions(text.encode()).find("/b") == (3, 2)


# --- files


def test_references_lead_to_files_and_back(tmp_path):
    path = write(
        tmp_path,
        openapi_yaml="openapi: 3.1.0\ninfo: {title: t, version: '1'}\n"
        "paths: {$ref: paths/all.yaml}\n"
        "components:\n  schemas: {$ref: schemas/all.yaml}\n  examples: {e: {value: {$ref: gone.yaml}}}\n",
        paths__all_yaml="/a: {$ref: 'a.yaml#/item'}\n",
        paths__a_yaml=(
            "item:\n  get:\n    responses:\n      '200':\n        description: d\n        content:\n"
            "          application/json: {schema: {$ref: '../schemas/Pet.yaml'}}\n"
        ),
        schemas__all_yaml="Pet: {$ref: Pet.yaml}\n",
        schemas__Pet_yaml="type: object\nproperties: {mate: {$ref: Pet.yaml}, owner: {$ref: 'Pet.yaml#/$defs/Owner'}}\n$defs: {Owner: {type: string}}\n",  # noqa: E501
    )
    document = read(path)
    schema = document.mapping(next(document.operations()).node["responses"]["200"])["content"]["application/json"]
    pet = document.mapping(schema["schema"])
    assert document.mapping(pet["properties"]["mate"]) == pet
    assert document.mapping(pet["properties"]["owner"]) == {"type": "string"}
    assert document.root["components"]["examples"]["e"]["value"] == {"$ref": "gone.yaml"}
    assert {file.name for file in document.paths} == {"openapi.yaml", "all.yaml", "a.yaml", "Pet.yaml"}
    assert lint(document) == []


def test_what_stands_beside_a_reference_is_followed_as_well(tmp_path):
    path = write(
        tmp_path,
        openapi_yaml="openapi: 3.1.0\npaths: {}\ncomponents: {schemas: {A: {$ref: b.yaml, properties: {c: {$ref: c.yaml}}}}}\n",  # noqa: E501
        b_yaml="type: object\n",
        c_yaml="type: string\n",
    )
    document = read(path)
    beside = document.root["components"]["schemas"]["A"]["properties"]["c"]
    assert document.resolve(beside) == {"type": "string"}


def test_a_document_stays_in_its_folder(tmp_path):
    inside = tmp_path / "inside"
    path = write(
        tmp_path,
        inside__openapi_yaml=HEAD + "paths: {}\ncomponents: {examples: {e: {$ref: ../secret.yaml}}}\n",
        secret_yaml="value: hidden\n",
    ).parent
    source = inside / "openapi.yaml"
    (said,) = problems(source)
    assert said.startswith(f"{source}:4:29: $ref ../secret.yaml: is outside of the document's folder; --allow-refs")
    assert "hidden" in str(load(source, allow_refs=[str(path)]))
    (inside / "link.yaml").symlink_to(path / "secret.yaml")
    source.write_text(source.read_text(encoding="utf-8").replace("../secret.yaml", "link.yaml"), encoding="utf-8")
    (said,) = problems(source)
    assert "outside of the document's folder" in said


def test_a_circle_of_files_is_told(tmp_path):
    path = write(
        tmp_path,
        openapi_yaml=HEAD + "paths: {/a: {$ref: a.yaml}}\n",
        a_yaml="$ref: a.yaml\n",
    )
    assert problems(path) == [f"{tmp_path}/a.yaml:1:1: $ref a.yaml refers to itself [reference]"]


# --- addresses


class Documents(BaseHTTPRequestHandler):
    files = {}  # noqa: RUF012 - filled by each test

    def do_GET(self):
        status, headers, body = self.files.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def site():
    """`(URL, files)`: a server, and what it has by path: status, headers and body."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Documents)
    Documents.files = {}
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", Documents.files
    server.shutdown()
    thread.join()
    server.server_close()


DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "t", "version": "1"},
    "paths": {"/a": {"get": {"responses": {"200": {"description": "d"}}}}},
}


def test_a_document_and_its_files_are_fetched(site):
    url, files = site
    files["/v1/openapi.yaml"] = 200, {}, (HEAD + "paths: {/a: {$ref: ../parts/a.json}}\n").encode()
    files["/parts/a.json"] = 200, {}, json.dumps(DOCUMENT["paths"]["/a"]).encode()
    files["/moved"] = 302, {"Location": "/v1/openapi.yaml"}, b""
    assert load(f"{url}/v1/openapi.yaml")["paths"] == DOCUMENT["paths"]
    assert read(f"{url}/v1/openapi.yaml").path_item_files() == {"/a": f"{url}/parts/a.json"}
    assert [operation.label for operation in read(f"{url}/moved#x").operations()] == ["GET /a"]


def test_what_cannot_be_fetched_says_why(site):
    url, files = site
    files["/loop"] = 302, {"Location": "/loop"}, b""
    files["/file"] = 302, {"Location": "file:///etc/passwd"}, b""
    files["/large"] = 200, {}, b"x" * 2000
    files["/elsewhere"] = 200, {}, (HEAD + "paths: {/a: {$ref: 'http://localhost:1/a.yaml'}}\n").encode()
    assert problems(f"{url}/gone") == [f"{url}/gone: cannot be fetched: answered with 404"]
    assert problems(f"{url}/loop") == [f"{url}/loop: cannot be fetched: more than 5 redirects"]
    assert "only files and addresses of http and https are read" in problems(f"{url}/file")[0]
    assert problems(f"{url}/large", limits=DocumentLimits(size=1000)) == [f"{url}/large: is larger than 1,000 bytes"]
    assert problems("http://127.0.0.1:1/x.json") == [
        "http://127.0.0.1:1/x.json: cannot be fetched: [Errno 111] Connection refused"
    ]
    assert "outside of the document's folder" in problems(f"{url}/elsewhere")[0]
    assert "only files and addresses" in problems("ftp://example.org/openapi.yaml")[0]


# --- lint


def test_lint_tells_all_problems_each_with_its_line(tmp_path):
    text = (
        HEAD
        + "paths:\n  /a:\n    get:\n      operationId: one\n      responses:\n        '200':\n"
        + "          description: 3\n          content:\n            application/json:\n"
        + "              schema: {type: integer}\n              example: many\n"
        + "    post:\n      operationId: one\n      responses: {'200': {$ref: '#/components/responses/No'}}\n"
    )
    found = [str(problem) for problem in lint(read(write(tmp_path, openapi_yaml=text), lenient=True))]
    assert [line.removeprefix(f"{tmp_path}/") for line in found] == [
        'openapi.yaml:9:11: 3 is not of type "string" [openapi]',
        'openapi.yaml:13:15: "many" is not of type "integer" [example]',
        "openapi.yaml:14:5: operationId 'one' of 'post' in '/a' is not unique [openapi]",
        "openapi.yaml:16:27: $ref #/components/responses/No leads nowhere [reference]",
    ]


def test_lint_reads_json_as_well(tmp_path):
    document = {**DOCUMENT, "paths": {"/a": {"get": {"responses": {"200": {}}}}}}
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(document, indent=2), encoding="utf-8")
    (problem,) = lint(read(path))
    assert str(problem) == f'{path}:11:11: "description" is required [openapi]'


def test_libyaml_reads():
    assert yaml.__with_libyaml__


# --- references where none are foreseen


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", False),
        ("get: {$ref: a.yaml}", True),
        ("get:\n        $ref: a.yaml", True),
        ('{"content": {"application/json": {"$ref": "#/a"}}}', True),
        ("content:\n  'text/*':\n    '$ref': a.yaml", True),
        ("a: {b: 1,security: {$ref: a.yaml}}", True),
        ('{"schema": {"$ref": "#/a"}, "items": [{"$ref": "#/b"}]}', False),
        ('{"target": {"$ref": "#/a"}, "Successful query": {"$ref": "#/b"}}', False),
        ("/users/{id}/get:\n  $ref: a.yaml", False),
        ("/users:\n  $ref: a.yaml", False),
        ("get: 1\nschema: {$ref: a.yaml}", False),
    ],
)
def test_a_text_says_whether_a_reference_stands_where_none_is_foreseen(text, expected):
    assert may_hold_any(text.encode()) is expected
