"""Answers in several parts: each by its schema and its `encoding`, read back by others and by the validator."""

from email import message_from_bytes

import pytest

from cierre.oas.validation import ResponseValidator
from tests.support.mocked import client_of, document

REPORT = {
    "type": "object",
    "required": ["id", "tags", "owner", "file", "photo"],
    "properties": {
        "id": {"type": "integer", "example": 7},
        "tags": {"type": "array", "minItems": 2, "items": {"type": "string"}},
        "owner": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        "file": {"type": "string", "format": "binary"},
        "photo": {"type": "string", "format": "binary"},
    },
}
LIMIT = {"schema": {"type": "integer", "example": 3}}
ENCODING = {"photo": {"contentType": "image/*", "headers": {"X-Limit": LIMIT}}, "owner": {"contentType": "text/xml"}}


def spec_of(kind, **node):
    return document({"/x": {"get": {"responses": {"200": {"description": "", "content": {kind: node}}}}}}, "3.1.0")


async def got(kind, **node):
    spec = spec_of(kind, **node)
    async with client_of(spec) as client:
        answer = await client.get("/x")
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    parsed = message_from_bytes(head + answer.content)
    judge = ResponseValidator(spec, "/x", "get", version="3.1")
    wrong = judge.violations(200, dict(answer.headers), answer.headers["content-type"], answer.content)
    return answer, [(part, part.get_payload(decode=True)) for part in parsed.get_payload()], wrong


async def test_each_member_is_a_part_of_its_own_type():
    _, parts, wrong = await got("multipart/form-data", schema=REPORT, encoding=ENCODING)
    assert not wrong
    shown = [
        (part.get_param("name", header="content-disposition"), part.get_content_type(), content)
        for part, content in parts
    ]
    assert shown[:4] == [
        ("id", "text/plain", b"7"),
        ("tags", "text/plain", b"string"),
        ("tags", "text/plain", b"string"),
        ("owner", "text/xml", b'<?xml version="1.0" encoding="UTF-8"?>\n<root><name>string</name></root>'),
    ]
    assert shown[4][:2] == ("file", "application/octet-stream")
    assert shown[5][1] == "image/png"
    assert shown[5][2].startswith(b"\x89PNG")
    assert [part.get_filename() for part, _ in parts] == [None] * 4 + ["file", "photo"]
    assert [part["X-Limit"] for part, _ in parts][5] == "3"


async def test_the_items_of_a_list_are_parts_by_their_place():
    schema = {
        "type": "array",
        "prefixItems": [REPORT["properties"]["owner"], {"type": "string", "format": "binary"}],
        "minItems": 2,
        "maxItems": 2,
    }
    node = {"schema": schema, "prefixEncoding": [{}, {"contentType": "image/png"}]}
    answer, parts, wrong = await got("multipart/mixed", **node)
    assert not wrong
    assert answer.headers["content-type"].startswith("multipart/mixed; boundary=")
    assert [part.get_content_type() for part, _ in parts] == ["application/json", "image/png"]
    assert parts[0][1] == b'{"name":"string"}'


@pytest.mark.parametrize("kind", ["multipart/related", "multipart/mixed; boundary=frontera"])
async def test_a_boundary_is_the_documents_or_one_that_no_part_has(kind):
    schema = {
        "type": "object",
        "required": ["text"],
        "properties": {"text": {"type": "string", "example": "--cierre--"}},
    }
    answer, parts, wrong = await got(kind, schema=schema)
    assert not wrong
    assert [content for _, content in parts] == [b"--cierre--"]
    assert ("boundary=frontera" in answer.headers["content-type"]) is ("frontera" in kind)


async def test_a_text_is_sent_as_its_author_wrote_it():
    text = '--abc\r\nContent-Disposition: form-data; name="id"\r\n\r\n7\r\n--abc--\r\n'
    answer, parts, wrong = await got("multipart/form-data", schema={"type": "object"}, example=text)
    assert not wrong
    assert answer.headers["content-type"] == "multipart/form-data; boundary=abc"
    assert answer.text == text
    assert [content for _, content in parts] == [b"7"]


async def test_the_validator_says_which_part_is_wrong():
    judge = ResponseValidator(spec_of("multipart/form-data", schema=REPORT), "/x", "get", version="3.1")
    text = '--b\r\nContent-Disposition: form-data; name="id"\r\n\r\nseven\r\n--b--\r\n'
    found = judge.violations(200, {}, "multipart/form-data; boundary=b", text.encode())
    assert [one.pointer for one in found if one.rule == "type"] == ["/id"]
    assert judge.violations(200, {}, "multipart/form-data", text.encode())[0].rule == "malformed"
