"""Clients that are slow on purpose, beside a healthy one, where a process may open 120 files."""

import socket
import time
from contextlib import ExitStack, closing

import httpx
import pytest

from tests.support.mocked import started
from tests.support.wire import Raw, exchange, read_answer

FILES = 120
GET = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n"
HALF_A_HEADER = GET + b"X-Half:"
HALF_A_BODY = (
    b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 100\r\n\r\n{"
)
NOTHING = b""
UNREAD = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3


@pytest.fixture(params=["service", "mock"])
def port(request, tmp_path):
    if request.param == "service":
        serve, url = request.getfixturevalue("serve"), request.getfixturevalue("sqlite_url")
        yield serve(url, "--demo", files=FILES).port
    else:
        with started(tmp_path, files=FILES) as (url, _):
            yield httpx.URL(url).port


@pytest.fixture
def crowd(port):
    """`crowd(count, data)`: connections that have sent this, and wait."""
    with ExitStack() as stack:

        def open_many(count, data):
            opened = []
            for _ in range(count):
                sock = stack.enter_context(closing(socket.socket()))
                # So little is read ahead that an answer does not get out.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                sock.settimeout(60)
                sock.connect(("127.0.0.1", port))
                opened.append(sock)
                try:
                    sock.sendall(data)
                except (BrokenPipeError, ConnectionResetError):
                    continue
            return opened

        yield open_many


@pytest.mark.parametrize(
    "data", [HALF_A_HEADER, HALF_A_BODY, NOTHING, UNREAD], ids=["half a header", "half a body", "nothing", "unread"]
)
def test_a_healthy_client_is_answered_beside_three_hundred_slow_ones(port, crowd, data):
    crowd(300, data)
    gives_way(port)
    answers = [exchange(port, GET + b"\r\n") for _ in range(10)]
    assert [answer.status for answer in answers] == [200] * 10


def gives_way(port):
    """Wait until somebody new is answered: whoever was there first has had its second then, and gives way."""
    time.sleep(1)
    deadline = time.monotonic() + 30
    while exchange(port, GET + b"\r\n").status != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_in_the_first_second_it_is_answered_with_503_and_not_cut_off(port, crowd):
    crowd(60, HALF_A_HEADER)
    answer = exchange(port, GET + b"\r\n")
    assert answer.status in {200, 503}
    if answer.status == 503:
        assert answer.headers["retry-after"] == "1"
        assert b"try again" in answer.body


def test_a_connection_in_use_does_not_give_way(port, crowd):
    """A proxy's connection, say, with a request each half a second: those that have waited for longer go before it."""
    crowd(300, HALF_A_HEADER)
    gives_way(port)
    with socket.create_connection(("127.0.0.1", port), timeout=60) as mine:
        for _ in range(6):
            mine.sendall(GET + b"\r\n")
            assert Raw(read_answer(mine)).status == 200
            crowd(5, HALF_A_HEADER)
            time.sleep(0.5)


def test_when_the_slow_ones_are_gone_everything_is_as_before(port, crowd):
    for sock in crowd(300, HALF_A_HEADER):
        sock.close()
    time.sleep(0.5)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        assert [client.get("/health/live").status_code for _ in range(20)] == [200] * 20


@pytest.mark.parametrize(
    ("option", "data"), [("--header-timeout", HALF_A_HEADER), ("--body-timeout", HALF_A_BODY)], ids=["header", "body"]
)
def test_the_time_outs_are_options(serve, sqlite_url, option, data):
    node = serve(sqlite_url, option, "500ms")
    with socket.create_connection(("127.0.0.1", node.port), timeout=60) as sock:
        sock.sendall(data)
        assert Raw(read_answer(sock)).status == 408


def test_the_number_of_connections_is_an_option(serve, sqlite_url):
    node = serve(sqlite_url, "--max-connections", "1")
    with socket.create_connection(("127.0.0.1", node.port), timeout=60) as sock:
        sock.sendall(HALF_A_HEADER)
        assert exchange(node.port, GET + b"\r\n").status == 503
