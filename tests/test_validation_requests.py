"""Requests against a document: parameters in every place and style, bodies of every kind."""

import pytest

from cierre.validation import RequestValidator, UnsupportedMediaType


def validator(parameters=(), body=None, *, path="/x", version="3.0", **options):
    operation = {"parameters": list(parameters), "responses": {}}
    if body is not None:
        operation["requestBody"] = body
    return RequestValidator({"paths": {path: {"post": operation}}}, path, "POST", version=version, **options)


def parameter(place, schema, name="p", **more):
    return {"name": name, "in": place, "required": place == "path", "schema": schema, **more}


INTEGERS = {"type": "array", "items": {"type": "integer"}}
COLOUR = {"type": "object", "properties": {"r": {"type": "integer"}, "g": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("declared", "path", "expected"),
    [
        (parameter("path", {"type": "integer"}), "5", 5),
        (parameter("path", INTEGERS), "3,4", [3, 4]),
        (parameter("path", COLOUR), "r,1,g,2", {"r": 1, "g": 2}),
        (parameter("path", COLOUR, explode=True), "r=1,g=2", {"r": 1, "g": 2}),
        (parameter("path", {"type": "integer"}, style="label"), ".5", 5),
        (parameter("path", INTEGERS, style="label"), ".3,4", [3, 4]),
        (parameter("path", INTEGERS, style="label", explode=True), ".3.4", [3, 4]),
        (parameter("path", COLOUR, style="label", explode=True), ".r=1.g=2", {"r": 1, "g": 2}),
        (parameter("path", {"type": "integer"}, style="matrix"), ";p=5", 5),
        (parameter("path", INTEGERS, style="matrix"), ";p=3,4", [3, 4]),
        (parameter("path", INTEGERS, style="matrix", explode=True), ";p=3;p=4", [3, 4]),
        (parameter("path", COLOUR, style="matrix"), ";p=r,1,g,2", {"r": 1, "g": 2}),
        (parameter("path", COLOUR, style="matrix", explode=True), ";r=1;g=2", {"r": 1, "g": 2}),
    ],
)
def test_path_parameters_are_read_in_every_style(declared, path, expected):
    result = validator([declared]).validate({"p": path}, b"", {}, None, b"")
    assert (result.parameters["path"]["p"], result.violations) == (expected, [])


@pytest.mark.parametrize(
    ("declared", "query", "expected"),
    [
        (parameter("query", {"type": "boolean"}), b"p=true", True),
        (parameter("query", {"type": "string"}), b"p=12", "12"),
        (parameter("query", {"anyOf": [{"type": "integer"}, {"type": "string"}]}), b"p=x", "x"),
        (parameter("query", INTEGERS), b"p=3&p=4", [3, 4]),
        (parameter("query", INTEGERS), b"p=3", [3]),
        (parameter("query", INTEGERS, explode=False), b"p=3,4", [3, 4]),
        (parameter("query", INTEGERS, explode=False), b"p=3%2C4", [3, 4]),
        (parameter("query", INTEGERS, style="spaceDelimited", explode=False), b"p=3%204", [3, 4]),
        (parameter("query", INTEGERS, style="pipeDelimited", explode=False), b"p=3%7C4", [3, 4]),
        (parameter("query", COLOUR), b"r=1&g=2", {"r": 1, "g": 2}),
        (parameter("query", COLOUR, explode=False), b"p=r,1,g,2", {"r": 1, "g": 2}),
        (parameter("query", COLOUR, style="deepObject"), b"p[r]=1&p%5Bg%5D=2", {"r": 1, "g": 2}),
        (parameter("query", {"type": "string"}), b"p=a+b%20%C3%B1", "a b ñ"),
    ],
)
def test_query_parameters_are_read_in_every_style(declared, query, expected):
    result = validator([declared]).validate({}, query, {}, None, b"")
    assert (result.parameters["query"]["p"], result.violations) == (expected, [])


def test_nested_objects_in_brackets_are_read():
    schema = {"type": "object", "properties": {"a": COLOUR, "b": INTEGERS}}
    declared = parameter("query", schema, style="deepObject")
    result = validator([declared]).validate({}, b"p[a][r]=1&p[b][]=2&p[b][]=3", {}, None, b"")
    assert result.parameters["query"]["p"] == {"a": {"r": 1}, "b": [2, 3]}


def test_headers_cookies_and_encoded_parameters_are_read():
    declared = [
        parameter("header", INTEGERS, "X-List"),
        parameter("cookie", {"type": "integer"}, "n"),
        {"name": "filter", "in": "query", "content": {"application/json": {"schema": COLOUR}}},
    ]
    headers = {"x-list": "1, 2", "cookie": "a=b; n=3"}
    result = validator(declared).validate({}, b'filter={"r":1}', headers, None, b"")
    assert result.parameters == {"header": {"X-List": [1, 2]}, "cookie": {"n": 3}, "query": {"filter": {"r": 1}}}


def test_violations_of_parameters_point_at_them():
    declared = [
        parameter("query", INTEGERS, "ids"),
        parameter("query", {"type": "integer", "maximum": 9}, "limit", required=True),
        parameter("header", {"type": "string", "maxLength": 1}, "X-A"),
    ]
    result = validator(declared).validate({}, b"ids=1&ids=x", {"x-a": "ab"}, None, b"")
    assert [(item.location, item.pointer, item.rule) for item in result.violations] == [
        ("query", "/ids/1", "type"),
        ("query", "/limit", "required"),
        ("header", "/X-A", "maxLength"),
    ]


def test_absent_parameters_have_their_defaults():
    result = validator([parameter("query", {"type": "integer", "default": 50})]).validate({}, b"", {}, None, b"")
    assert result.parameters == {"query": {"p": 50}}


def test_unknown_query_parameters_are_told_only_where_that_was_asked_for():
    declared = [parameter("query", COLOUR, style="deepObject")]
    lax = validator(declared).validate({}, b"q=1&p[r]=1", {}, None, b"")
    strict = validator(declared, strict_query=True).validate({}, b"q=1&p[r]=1", {}, None, b"")
    assert lax.violations == []
    assert [item.pointer for item in strict.violations] == ["/q"]


def json_body(schema, *, required=False):
    return {"required": required, "content": {"application/json": {"schema": schema}}}


@pytest.mark.parametrize("content_type", [None, "application/json", "text/plain"])
def test_an_optional_body_may_be_absent_whatever_the_content_type(content_type):
    result = validator(body=json_body({"type": "object"})).validate({}, b"", {}, content_type, b"")
    assert (result.body, result.violations) == (None, [])


def test_a_required_body_must_be_there():
    result = validator(body=json_body({}, required=True)).validate({}, b"", {}, "application/json", b"")
    assert [item.rule for item in result.violations] == ["required"]


def test_null_is_a_body_where_the_schema_says_nullable():
    body = json_body({"type": "object", "nullable": True})
    assert validator(body=body).validate({}, b"", {}, "application/json", b"null").violations == []


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=UTF-8", "application/json;"])
def test_content_types_are_compared_without_case_and_parameters(content_type):
    result = validator(body=json_body({"type": "object"})).validate({}, b"", {}, content_type, b"{}")
    assert (result.body, result.violations) == ({}, [])


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/json; charset=latin-1", "nonsense"])
def test_a_body_of_another_type_or_charset_is_unsupported(content_type):
    with pytest.raises(UnsupportedMediaType) as caught:
        validator(body=json_body({})).validate({}, b"", {}, content_type, b"{}")
    assert caught.value.supported == ["application/json"]


def test_a_malformed_body_is_a_violation_and_not_a_crash():
    result = validator(body=json_body({})).validate({}, b"", {}, "application/json", b'{"a":1,"a":2}')
    assert [(item.location, item.pointer, item.rule) for item in result.violations] == [("body", "", "malformed")]


def body_of(kind, schema, **media):
    return {"content": {kind: {"schema": schema, **media}}}


FORM = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "list": INTEGERS, "o": COLOUR, "t": {"type": "string"}},
}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"n=1&t=x", {"n": 1, "t": "x"}),
        (b"list=1&list=2", {"list": [1, 2]}),
        (b"list[]=1&list[]=2", {"list": [1, 2]}),
        (b"o[r]=1", {"o": {"r": 1}}),
        (b'o={"r":1}', {"o": {"r": 1}}),
        (b"r=1&g=2", {"o": {"r": 1, "g": 2}}),
        (b"other=1", {"other": "1"}),
    ],
)
def test_urlencoded_forms_are_typed_by_their_schema(raw, expected):
    kind = "application/x-www-form-urlencoded"
    result = validator(body=body_of(kind, FORM)).validate({}, b"", {}, kind, raw)
    assert (result.body, result.violations) == (expected, [])


def multipart(*parts):
    lines = [f"--b\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + content for head, content in parts]
    return b"\r\n".join(lines) + b"\r\n--b--\r\n"


def test_multipart_forms_hold_files_numbers_lists_and_json():
    schema = {"type": "object", "properties": {**FORM["properties"], "file": {"type": "string", "format": "binary"}}}
    raw = multipart(
        ('name="file"; filename="a.bin"\r\nContent-Type: application/octet-stream', b"\xff\x00"),
        ('name="n"', b"7"),
        ('name="list"', b"1"),
        ('name="list"', b"2"),
        ('name="o"\r\nContent-Type: application/json', b'{"r":1}'),
    )
    body = body_of("multipart/form-data", schema)
    result = validator(body=body).validate({}, b"", {}, "multipart/form-data; boundary=b", raw)
    assert result.violations == []
    assert result.body == {"file": "ÿ\x00", "n": 7, "list": [1, 2], "o": {"r": 1}}


@pytest.mark.parametrize(
    ("content_type", "raw"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition"),
        ("multipart/form-data; boundary=b", b"nothing of the kind"),
    ],
)
def test_a_broken_multipart_body_is_a_violation_and_not_a_crash(content_type, raw):
    result = validator(body=body_of("multipart/form-data", FORM)).validate({}, b"", {}, content_type, raw)
    assert [item.rule for item in result.violations] == ["malformed"]


def test_xml_is_read_by_names_attributes_and_wrappers():
    schema = {
        "type": "object",
        "properties": {
            "id": {"type": "integer", "xml": {"attribute": True}},
            "tags": {"type": "array", "xml": {"wrapped": True}, "items": {"type": "string", "xml": {"name": "tag"}}},
            "sizes": {"type": "array", "items": {"type": "integer", "xml": {"name": "size"}}},
        },
    }
    raw = b'<pet id="3"><tags><tag>a</tag><tag>b</tag></tags><size>1</size><size>2</size></pet>'
    result = validator(body=body_of("application/xml", schema)).validate({}, b"", {}, "application/xml", raw)
    assert (result.body, result.violations) == ({"id": 3, "tags": ["a", "b"], "sizes": [1, 2]}, [])


def test_xml_entities_are_never_expanded():
    raw = b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'
    result = validator(body=body_of("application/xml", {})).validate({}, b"", {}, "application/xml", raw)
    assert [item.rule for item in result.violations] == ["malformed"]


def test_text_is_typed_and_binary_is_let_be():
    text = validator(body=body_of("text/plain", {"type": "integer"})).validate({}, b"", {}, "text/plain", b"12")
    binary = validator(body=body_of("image/*", {"type": "string"})).validate({}, b"", {}, "image/png", b"\xff")
    assert (text.body, binary.body, binary.violations) == (12, "ÿ", [])
