"""What one client may take of a server, and what it is told when it wants more."""

import json
import socket
import time

import pytest

from tests.support.wire import Raw, exchange, read_answer

GET = b"GET / HTTP/1.1\r\nHost: x\r\n"


def ended(sock):
    """All that comes until the server closes; whether that was a reset."""
    received = b""
    try:
        while more := sock.recv(65536):
            received += more
    except ConnectionResetError:
        return received, True
    return received, False


def is_cut_off(sock, pieces, pause=0.0):
    """Whether the server ends the connection before all of this is sent."""
    try:
        for piece in pieces:
            sock.sendall(piece)
            time.sleep(pause)
    except (BrokenPipeError, ConnectionResetError):
        return True
    return False


def problem_of(data):
    """The problem that an answer of the server's own holds."""
    raw = Raw(data)
    assert raw.headers["content-type"] == "application/problem+json"
    assert raw.headers["connection"] == "close"
    problem = json.loads(raw.body)
    assert problem["status"] == raw.status
    return raw.status, problem["detail"]


# --- sizes


def test_more_header_bytes_than_allowed_are_431(serve_with):
    port = serve_with()
    assert exchange(port, GET + b"X: " + b"a" * 60_000 + b"\r\n\r\n").status == 200
    assert exchange(port, GET + b"X: " + b"a" * 66_000 + b"\r\n\r\n").status == 431
    many = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 1000) for number in range(70))
    assert exchange(port, GET + many + b"\r\n").status == 431


def test_a_header_without_an_end_is_refused_before_it_is_kept(serve_with, connect):
    sock = connect(serve_with())
    sock.sendall(GET + b"X: ")
    assert is_cut_off(sock, [b"a" * 65536] * 1000)
    sock = connect(serve_with())
    sock.sendall(GET + b"X: " + b"a" * 200_000)
    assert problem_of(read_answer(sock)) == (
        431,
        "the header section has more than 65536 bytes: send fewer or shorter fields",
    )


def test_more_header_fields_than_allowed_are_431(serve_with):
    port = serve_with()
    fields = [b"X-%d: y\r\n" % number for number in range(100)]
    assert exchange(port, GET + b"".join(fields[:99]) + b"\r\n").status == 200
    status, detail = problem_of(exchange(port, GET + b"".join(fields) + b"\r\n").data)
    assert (status, "more than 100 fields" in detail) == (431, True)


def test_a_request_target_that_is_too_long_is_414(serve_with):
    port = serve_with()
    assert exchange(port, b"GET /" + b"a" * 8000 + b" HTTP/1.1\r\nHost: x\r\n\r\n").status == 200
    assert exchange(port, b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n").status == 414
    assert exchange(port, b"GET /?" + b"a" * 500_000).status == 414


def test_what_is_no_http_is_400(serve_with):
    port = serve_with()
    for data in (
        b"HELLO\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        GET + b"X : y\r\n\r\n",
        GET + b"Content-Length: x\r\n\r\n",
    ):
        assert problem_of(exchange(port, data).data)[0] == 400


def test_chunk_extensions_are_no_way_to_send_without_end(serve_with, connect):
    sock = connect(serve_with())
    sock.sendall(GET + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 300_000)
    assert problem_of(read_answer(sock))[0] == 400


# --- fields after the body

CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
TRAILERS = b"Authorization: Bearer stolen\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n"


@pytest.mark.parametrize("cut", [0, 60, len(CHUNKED) - 3, len(CHUNKED), len(CHUNKED) + 10, len(CHUNKED + TRAILERS) - 4])
def test_fields_after_the_body_are_no_header_fields(serve_with, connect, cut):
    """Neither in one packet with the head, nor in two; nor in the next request of the connection."""
    sock = connect(serve_with())
    data = CHUNKED + TRAILERS
    if cut:
        sock.sendall(data[:cut])
        time.sleep(0.05)
    sock.sendall(data[cut:])
    first = json.loads(Raw(read_answer(sock)).body)
    assert first == {"path": "/", "headers": [["host", "x"], ["transfer-encoding", "chunked"]], "body": "abc"}
    sock.sendall(GET + b"\r\n")
    assert json.loads(Raw(read_answer(sock)).body)["headers"] == [["host", "x"]]


def test_fields_after_the_body_belong_to_no_pipelined_request(serve_with, connect):
    sock = connect(serve_with())
    sock.sendall(CHUNKED + TRAILERS + GET + b"Connection: close\r\n\r\n")
    data, _ = ended(sock)
    assert b"stolen" not in data
    assert data.count(b"HTTP/1.1 200") == 2


def test_fields_after_the_body_are_counted(serve_with, connect):
    sock = connect(serve_with())
    sock.sendall(CHUNKED + b"X: " + b"a" * 300_000)
    assert problem_of(read_answer(sock))[0] == 400


# --- time


def test_a_header_section_that_does_not_come_is_408(serve_with, connect):
    port = serve_with(header_timeout=500)
    half, silent = connect(port), connect(port)
    half.sendall(GET)
    assert problem_of(ended(half)[0])[0] == 408
    assert ended(silent) == (b"", False)


def test_single_bytes_do_not_gain_time(serve_with, connect):
    port = serve_with(header_timeout=500)
    sock = connect(port)
    assert is_cut_off(sock, [GET, *[b"X: y\r\n"] * 90], pause=0.05)
    sock = connect(port)
    assert is_cut_off(sock, [b"\r\n"] * 90, pause=0.05)


def test_a_body_that_does_not_come_is_408(serve_with, connect):
    sock = connect(serve_with(body_timeout=500))
    sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
    status, detail = problem_of(ended(sock)[0])
    assert (status, detail) == (408, "the body of the request did not arrive within 0.5 s: send it again, in one go")


def test_a_body_that_keeps_coming_has_its_time(serve_with, connect):
    sock = connect(serve_with(body_timeout=500, body_rate=1000))
    sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n")
    for _ in range(8):
        time.sleep(0.15)
        sock.sendall(b"a" * 500)
    assert Raw(read_answer(sock)).status == 200


def test_a_connection_without_a_request_is_closed(serve_with, connect):
    sock = connect(serve_with(keep_alive=400))
    sock.sendall(GET + b"\r\n")
    assert Raw(read_answer(sock)).status == 200
    assert ended(sock) == (b"", False)


def test_a_connection_may_wait_longer_for_its_next_request_than_a_header_section_may_take(serve_with, connect):
    sock = connect(serve_with(keep_alive=30_000, header_timeout=300))
    for _ in range(2):
        sock.sendall(GET + b"\r\n")
        assert Raw(read_answer(sock)).status == 200
        time.sleep(1)


def test_the_next_request_of_a_connection_has_the_same_time(serve_with, connect):
    sock = connect(serve_with(header_timeout=500))
    sock.sendall(GET + b"\r\n")
    assert Raw(read_answer(sock)).status == 200
    sock.sendall(GET)
    assert problem_of(ended(sock)[0])[0] == 408


def test_the_time_that_an_answer_takes_is_not_the_clients(serve_with, connect):
    sock = connect(serve_with(header_timeout=300, body_timeout=300))
    sock.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + GET)
    assert Raw(read_answer(sock)).status == 200
    assert problem_of(ended(sock)[0])[0] == 408


def test_the_time_for_which_the_server_is_held_up_is_not_the_clients(serve_with, connect):
    port = serve_with(header_timeout=1200)
    mine, other = connect(port), connect(port)
    mine.sendall(GET)
    other.sendall(b"GET /block HTTP/1.1\r\nHost: x\r\n\r\n")
    time.sleep(0.1)
    mine.sendall(b"\r\n")
    assert Raw(read_answer(mine)).status == 200


def test_a_client_that_reads_nothing_is_left(serve_with, connect):
    sock = connect(serve_with(send_timeout=500))
    sock.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
    time.sleep(3)
    assert len(ended(sock)[0]) < 30_000_000


def test_a_client_that_reads_slowly_gets_everything(serve_with, connect):
    sock = connect(serve_with(send_timeout=1000))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    sock.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    received = 0
    while more := sock.recv(500_000):
        received += len(more)
        time.sleep(0.02)
    assert received > 30_000_000


# --- an answer before the end of the request


@pytest.mark.parametrize("chunked", [False, True])
def test_a_client_that_is_still_sending_sees_the_answer(serve_with, connect, chunked):
    sock = connect(serve_with())
    size = 4_000_000
    framing = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % size if chunked else b"Content-Length: %d\r\n\r\n" % size
    sock.sendall(b"POST /early HTTP/1.1\r\nHost: x\r\n" + framing)
    sock.sendall(b"a" * size)
    sock.sendall(b"\r\n0\r\n\r\n" if chunked else b"")
    assert Raw(read_answer(sock)).status == 413
    # What was read on is not the next request.
    sock.sendall(GET + b"\r\n")
    assert Raw(read_answer(sock)).status == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_it_is_not_read_on_without_end(serve_with, connect, chunked):
    sock = connect(serve_with(linger_bytes=1_000_000))
    framing = b"Transfer-Encoding: chunked\r\n\r\n" if chunked else b"Content-Length: 99999999999\r\n\r\n"
    sock.sendall(b"POST /early HTTP/1.1\r\nHost: x\r\n" + framing)
    assert Raw(read_answer(sock)).status == 413
    piece = b"10000\r\n" + b"a" * 65536 + b"\r\n" if chunked else b"a" * 65536
    assert is_cut_off(sock, [piece] * 2000)


def test_nor_for_ever(serve_with, connect):
    sock = connect(serve_with(linger_timeout=500))
    sock.sendall(b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
    assert Raw(read_answer(sock)).status == 413
    assert ended(sock)[0] == b""


# --- pipelining


def test_pipelined_requests_are_answered_in_order(serve_with, connect):
    sock = connect(serve_with())
    requests = [b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(10)]
    sock.sendall(b"".join(requests))
    answers = [json.loads(Raw(read_answer(sock)).body)["path"] for _ in requests]
    assert answers == [f"/{number}" for number in range(10)]


def test_no_more_requests_are_kept_than_allowed(serve_with, connect):
    sock = connect(serve_with(pipelined=16))
    sock.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + (GET + b"\r\n") * 5000)
    data, _ = ended(sock)
    assert data.count(b"HTTP/1.1 200") == 17
    assert data.count(b"connection: close") == 1


def test_a_broken_request_does_not_take_the_answer_of_the_one_before_it(serve_with, connect):
    sock = connect(serve_with())
    sock.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\nNONSENSE\r\n\r\n")
    data, _ = ended(sock)
    assert data.startswith(b"HTTP/1.1 200")


UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAA\r\n"


def test_an_upgrade_that_is_not_offered_takes_no_body_from_its_request(serve_with, connect):
    """As curl --http2 and Java's client ask, before each request of a connection without TLS."""
    post = b"POST / HTTP/1.1\r\nHost: x\r\n" + UPGRADE
    sized = post + b"Content-Length: 40\r\n\r\n", b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n     "
    pieces = post + b"Transfer-Encoding: chunked\r\n\r\n", b"4\r\nfour\r\n0\r\n\r\n"
    for (head, body), text in ((sized, sized[1].decode()), (pieces, "four")):
        for pause in (0.0, 0.1):
            sock = connect(serve_with())
            sock.sendall(head + (body if not pause else b""))
            time.sleep(pause)
            sock.sendall(body if pause else b"")
            data, _ = ended(sock)
            assert data.count(b"HTTP/1.1 ") == 1
            answered = json.loads(Raw(data).body)
            assert (answered["path"], answered["body"]) == ("/", text)
            assert ["host", "x"] in answered["headers"]
            assert sum(name == "host" for name, _ in answered["headers"]) == 1


def test_an_upgrade_that_is_not_offered_changes_nothing_without_a_body(serve_with):
    answered = exchange(serve_with(), GET + UPGRADE + b"\r\n")
    assert (answered.status, json.loads(answered.body)["body"]) == (200, "")


def test_limits_hold_for_the_body_beside_an_upgrade(serve_with, connect):
    sock = connect(serve_with(body_timeout=300, body_rate=1_000_000))
    sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n" + UPGRADE + b"Content-Length: 40\r\n\r\nhalf")
    assert problem_of(ended(sock)[0])[0] == 408
    broken = b"POST / HTTP/1.1\r\nHost: x\r\n" + UPGRADE + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"
    assert problem_of(exchange(serve_with(), broken).data)[0] == 400


def test_connect_is_refused_and_what_follows_it_is_no_request(serve_with, connect):
    sock = connect(serve_with())
    sock.sendall(b"CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
    data, _ = ended(sock)
    assert problem_of(data)[0] == 400
    assert b"smuggled" not in data


# --- how many


def test_a_connection_that_keeps_the_server_waiting_gives_way(serve_with, connect):
    port = serve_with(connections=3)
    half = [connect(port) for _ in range(3)]
    for sock in half:
        sock.sendall(GET)
    time.sleep(1.2)
    assert exchange(port, GET + b"\r\n").status == 200
    assert problem_of(ended(half[0])[0])[0] == 408


def test_the_longest_idle_connection_gives_way_first(serve_with, connect):
    port = serve_with(connections=2)
    first, second = connect(port), connect(port)
    for sock in (first, second, first):
        sock.sendall(GET + b"\r\n")
        assert Raw(read_answer(sock)).status == 200
        time.sleep(0.6)
    assert exchange(port, GET + b"\r\n").status == 200
    assert ended(second) == (b"", False)
    first.sendall(GET + b"\r\n")
    assert Raw(read_answer(first)).status == 200


def test_without_room_it_is_503_and_no_reset(serve_with, connect):
    port = serve_with(connections=2)
    busy = [connect(port) for _ in range(2)]
    for sock in busy:
        sock.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
    time.sleep(0.2)
    refused = exchange(port, GET + b"\r\n")
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    assert [Raw(read_answer(sock)).status for sock in busy] == [200, 200]
    assert exchange(port, GET + b"\r\n").status == 200
