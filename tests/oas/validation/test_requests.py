"""Requests against a document: parameters in every place and style, bodies of every kind."""

import pytest

from cierre.oas.validation import RequestValidator, UnsupportedMediaType


def validator(parameters=(), body=None, *, path="/x", version="3.0", **options):
    operation = {"parameters": list(parameters), "responses": {}}
    if body is not None:
        operation["requestBody"] = body
    return RequestValidator({"paths": {path: {"post": operation}}}, path, "POST", version=version, **options)


def parameter(place, schema, name="p", **more):
    return {"name": name, "in": place, "required": place == "path", "schema": schema, **more}


INTEGERS = {"type": "array", "items": {"type": "integer"}}
COLOURS = {"r": 1, "g": 2}
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
        (parameter("query", {"type": "integer"}, allowEmptyValue=True), b"p=", ""),
        (parameter("query", {"type": "object", "additionalProperties": {"type": "integer"}}), b"r=1&g=2", COLOURS),
        ({"name": "p", "in": "query", "content": {"text/plain": {"schema": {"type": "string"}}}}, b"p=123", "123"),
        ({"name": "p", "in": "query", "content": {"text/plain": {"schema": {"type": "integer"}}}}, b"p=123", 123),
    ],
)
def test_query_parameters_are_read_in_every_style(declared, query, expected):
    result = validator([declared]).validate({}, query, {}, None, b"")
    assert (result.parameters["query"]["p"], result.violations) == (expected, [])


def test_a_free_form_object_has_what_is_no_other_parameter():
    free = parameter("query", {"type": "object", "additionalProperties": {"type": "integer"}}, "free", required=True)
    checked = validator([free, parameter("query", {"type": "string"}, "q")], strict_query=True)

    good = checked.validate({}, b"q=text&x=1&y=2", {}, None, b"")
    bad = checked.validate({}, b"q=text&x=one", {}, None, b"")
    none = checked.validate({}, b"q=text", {}, None, b"")

    assert (good.parameters["query"], good.violations) == ({"free": {"x": 1, "y": 2}, "q": "text"}, [])
    assert [one.pointer for one in bad.violations] == ["/free/x"]
    assert [one.rule for one in none.violations] == ["required"]


@pytest.mark.parametrize("query", [b"p[x", b"p[x=1", b"p]=1", b"p[=1"])
def test_a_bracket_that_is_not_closed_is_no_structure(query):
    result = validator([parameter("query", COLOUR, style="deepObject")]).validate({}, query, {}, None, b"")
    assert result.violations == []


@pytest.mark.parametrize(
    "other", ['j={"a":1}; {}', "flag; {}", "a@b=1; {}", "bad[k]=1; {}", "path=/; {}", "{}; version=1", "={}; {}"]
)
def test_a_cookie_of_somebody_else_hides_none(other):
    declared = parameter("cookie", {"type": "integer"}, "n", required=True)
    result = validator([declared]).validate({}, b"", {"cookie": other.replace("{}", "n=5")}, None, b"")
    assert (result.parameters["cookie"], result.violations) == ({"n": 5}, [])


def test_an_operations_header_replaces_the_paths_whatever_the_case():
    path_item = {
        "parameters": [parameter("header", {"type": "string"}, "X-A", required=True)],
        "post": {"parameters": [parameter("header", {"type": "string"}, "x-a")], "responses": {}},
    }
    assert (
        RequestValidator({"paths": {"/x": path_item}}, "/x", "POST").validate({}, b"", {}, None, b"").violations == []
    )


def test_the_parameters_of_a_media_type_choose_among_types_of_one_name():
    schema = {"1": {"type": "integer"}, "2": {"type": "string"}}
    body = {"content": {f"application/json; v={v}": {"schema": schema[v]} for v in schema}}
    checked = validator(body=body)
    refused = [
        bool(checked.validate({}, b"", {}, f"application/json;v={v}", raw).violations)
        for v, raw in (("1", b"1"), ("1", b'"a"'), ("2", b"1"), ("2", b'"a"'))
    ]
    assert refused == [False, True, True, False]


@pytest.mark.parametrize(
    ("schema", "version"),
    [
        ({"allOf": [{"$ref": "#/x-base"}, {"required": ["id"]}]}, "3.0"),
        ({"required": ["id"], "properties": {"id": {"$ref": "#/x-id", "readOnly": True}}}, "3.1"),
        ({"required": ["id"], "properties": {"id": {"allOf": [{"$ref": "#/x-base/properties/id"}]}}}, "3.0"),
    ],
)
def test_what_is_read_only_is_not_required_wherever_it_is_marked(schema, version):
    document = {
        "x-base": {"type": "object", "properties": {"id": {"type": "integer", "readOnly": True}}},
        "x-id": {"type": "integer"},
        "paths": {"/x": {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}}},
    }
    checked = RequestValidator(document, "/x", "POST", version=version)
    assert checked.validate({}, b"", {}, "application/json", b"{}").violations == []
    assert checked.validate({}, b"", {}, "application/json", b'{"id": "sent back"}').violations == []


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


@pytest.mark.parametrize(("raw", "said"), [(b"t=a%2Fb&n=1", []), (b"t=a,b(c)", []), (b"n=1&t=a/b", ["/t"])])
def test_reserved_characters_are_encoded_where_the_document_says_so(raw, said):
    kind = "application/x-www-form-urlencoded"
    for encoding, expected in (({"allowReserved": False}, said), ({"allowReserved": True}, []), ({}, [])):
        read = validator(body=body_of(kind, FORM, encoding={"t": encoding}))
        found = read.validate({}, b"", {}, kind, raw).violations
        assert [(one.pointer, one.rule) for one in found] == [(pointer, "allowReserved") for pointer in expected]


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


def test_a_file_of_json_is_a_file():
    schema = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
    body = {"content": {"multipart/form-data": {"schema": schema}}}
    raw = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.json"\r\n'
        b'Content-Type: application/json\r\n\r\n{"q":1}\r\n--b--\r\n'
    )
    result = validator(body=body).validate({}, b"", {}, "multipart/form-data; boundary=b", raw)
    assert (result.body, result.violations) == ({"file": '{"q":1}'}, [])


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
