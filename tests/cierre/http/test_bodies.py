"""Bodies of every kind that a client, a proxy or a thief may send: none of them is a server error."""

import pytest

from tests.support.running import LOGOUT, bearer
from tests.support.wire import exchange

COMPAT = "/api/auth/logout"
PLAIN = "/logout"
JSON = {"Content-Type": "application/json"}
DEEP = 100_000


@pytest.fixture
def database_url(sqlite_url):
    """The database has no say in this."""
    return sqlite_url


@pytest.fixture
async def session(service):
    (minted,) = await service.mint()
    return minted


async def send(service, session, content, path=LOGOUT, **headers):
    return await service.client.post(path, content=content, headers=bearer(session.access) | JSON | headers)


async def in_chunks(*chunks):
    for chunk in chunks:
        yield chunk


@pytest.mark.parametrize("content", [b"", b"null", b"{}", b" \n\t ", b' {"logoutAll" : false} ', b"  null\r\n"])
async def test_a_body_that_says_nothing_closes_the_session(service, session, content):
    """Decision 5, with a Content-Type; documents 001 and 003 send one with no body at all."""
    assert (await send(service, session, content)).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "0"}])
async def test_no_body_and_no_content_type_closes_the_session(service, session, headers):
    answer = await service.client.post(LOGOUT, headers=bearer(session.access) | headers)
    assert answer.status_code == 200


@pytest.mark.parametrize("chunks", [(b"",), (b"{", b'"logoutAll":', b"true}"), (b"{}",), (b"null",)])
async def test_a_chunked_body_is_a_body(service, session, chunks):
    answer = await send(service, session, in_chunks(*chunks))
    assert answer.status_code == 200
    kind = "all_devices" if len(chunks) > 1 else "single_device"
    assert answer.json()["data"]["logout"]["logoutType"] == kind


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"}",
        b"{'logoutAll': true}",
        b'{"logoutAll": true} x',
        b'{"logoutAll": True}',
        b'{"logoutAll": true,}',
        b'{"deviceId": NaN}',
        b"NaN",
        b"Infinity",
        b'{"deviceId": "\xff\xfe"}',
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        b'{"deviceId": "\\ud800"}',
        b'{"logoutAll":false,"logoutAll":true}',
        b'{"deviceId":"a","\\u0064eviceId":"b"}',
        b"[" * DEEP,
        b"[" * DEEP + b"]" * DEEP,
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        b"true",
        b"7",
        b'"text"',
        b"[]",
        b"\x00",
        b"1e999",
        b"-",
    ],
    ids=lambda content: repr(content[:24]),
)
@pytest.mark.parametrize("path", [LOGOUT, COMPAT, PLAIN])
async def test_a_body_that_is_no_json_object_is_400_and_closes_nothing(service, session, path, content):
    if len(content) > service.services.settings.max_body:
        content = content[: service.services.settings.max_body]
    answer = await send(service, session, content, path)
    assert answer.status_code == 400, answer.text
    assert await service.audit() == []


@pytest.mark.parametrize("path", [LOGOUT, COMPAT, PLAIN, "/api/v1/auth/login", "/oauth2/revoke"])
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_larger_than_the_service_reads_is_413(service, session, path, chunked):
    limit = service.services.settings.max_body
    content = b'{"x":"' + b"x" * limit + b'"}'
    kind = "application/x-www-form-urlencoded" if path.startswith("/oauth2") else "application/json"
    answer = await send(service, session, in_chunks(content) if chunked else content, path, **{"Content-Type": kind})
    assert answer.status_code == 413
    assert await service.audit() == []


async def test_a_body_of_exactly_the_limit_is_read(service, session):
    limit = service.services.settings.max_body
    assert (await send(service, session, b"{}".ljust(limit))).status_code == 200


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "application/xml", "multipart/form-data", "json", "", "*/*"],
)
@pytest.mark.parametrize("path", [LOGOUT, COMPAT, PLAIN])
async def test_a_body_of_another_media_type_is_415_and_says_what_is_read(service, session, path, kind):
    answer = await send(service, session, b"{}", path, **{"Content-Type": kind})
    assert answer.status_code == 415
    assert answer.headers["Accept-Post"] == "application/json"
    assert await service.audit() == []


@pytest.mark.parametrize(
    "kind",
    [
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'application/json; charset="utf-8"',
        "Application/JSON",
        "application/json ; foo=bar",
    ],
)
async def test_json_in_utf_8_is_json_however_it_is_written(service, session, kind):
    assert (await send(service, session, b"{}", **{"Content-Type": kind})).status_code == 200


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "no-such-charset"])
async def test_another_charset_is_a_refusal_and_no_server_error(service, session, charset):
    """RFC 8259, section 8.1: JSON is UTF-8; the parameter means nothing, or is refused."""
    answer = await send(service, session, b"{}", **{"Content-Type": f"application/json; charset={charset}"})
    assert answer.status_code in {200, 400, 415}


@pytest.mark.parametrize("path", [LOGOUT, COMPAT, PLAIN])
def test_chunked_and_broken_bodies_on_the_wire(real, path):
    head = f"POST {path} HTTP/1.1\r\nHost: localhost:3000\r\nContent-Type: application/json\r\n".encode()
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n"
    assert exchange(real.port, chunked + b"4\r\nnull\r\n0\r\n\r\n").status in {400, 401}
    assert exchange(real.port, chunked + b"zz\r\n").status == 400
    assert exchange(real.port, head + b"Content-Length: 4\r\n\r\n\xff\xfe\xfd\xfc").status in {400, 401}
    assert exchange(real.port, head + b"Content-Length: -1\r\n\r\n").status == 400
    assert exchange(real.port, head + b"Content-Length: 99999999\r\n\r\n").status == 413


async def test_every_violation_of_a_body_is_told_with_its_place(service, session):
    answer = await send(service, session, b'{"logoutAll":"yes","deviceId":"","more":1}')
    errors = answer.json()["details"]["errors"]
    assert {one["location"] for one in errors} == {"body"}
    assert {"/logoutAll", "/deviceId"} <= {one["pointer"] for one in errors}
    assert all(one["message"] for one in errors)
