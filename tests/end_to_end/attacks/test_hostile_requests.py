"""One request that asks too much, or says something where nobody should listen, of the service and of the mock."""

import socket
import time

import httpx
import pytest

from tests.support.mocked import started
from tests.support.running import LOGOUT, login_over_http
from tests.support.wire import Raw, exchange, read_answer


@pytest.fixture(params=["service", "mock"])
def port(request, tmp_path):
    if request.param == "service":
        yield request.getfixturevalue("real").port
    else:
        with started(tmp_path) as (url, _):
            yield httpx.URL(url).port


def head(*fields, path=LOGOUT, method="POST"):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost:3000", "Content-Type: application/json", *fields, "", ""]
    return "\r\n".join(lines).encode()


def test_fields_after_the_body_authorize_nobody(real):
    token = login_over_http(real)["accessToken"]
    trailers = f"0\r\nAuthorization: Bearer {token}\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", real.port), timeout=30) as sock:
        sock.sendall(head("Transfer-Encoding: chunked") + trailers)
        assert Raw(read_answer(sock)).status == 401
        sock.sendall(head("Content-Length: 0"))
        assert Raw(read_answer(sock)).status == 401
    assert httpx.get(f"{real.url}/api/v1/auth/sessions", headers={"Authorization": f"Bearer {token}"}).is_success


def test_fields_after_the_body_authorize_nobody_at_the_mock(tmp_path):
    with started(tmp_path) as (url, _):
        answer = exchange(
            httpx.URL(url).port, head("Transfer-Encoding: chunked") + b"0\r\nAuthorization: Bearer x.y.z\r\n\r\n"
        )
    assert answer.status == 401


@pytest.mark.parametrize("letter", [" ", "\t", ",", '"', "\\", "=", ";", "a"])
def test_no_prefer_holds_up_anybody(port, letter):
    begun = time.perf_counter()
    answer = exchange(port, head(f"Prefer: x,{letter * 60_000},", "Content-Length: 0"))
    assert answer.status == 401
    assert time.perf_counter() - begun < 3


def test_a_header_that_is_too_large_is_431(port):
    assert exchange(port, head(f"X: {'a' * 70_000}")).status == 431
    assert exchange(port, head(*(f"X-{number}: y" for number in range(101)))).status == 431


def test_a_target_that_is_too_long_is_414(port):
    """The mock takes as much as a header section may have: its documents may allow a parameter of any length."""
    assert exchange(port, head(path="/" + "a" * 66_000, method="GET")).status == 414


def test_a_client_that_sends_too_much_sees_why(port):
    """The whole body is on its way before the answer is read."""
    size = 12_000_000
    with socket.create_connection(("127.0.0.1", port), timeout=30) as sock:
        sock.sendall(head(f"Content-Length: {size}"))
        sock.sendall(b" " * size)
        assert Raw(read_answer(sock)).status == 413
