"""WebSockets through `cierre proxy`, before a real server, with real connections."""

import asyncio
import json
import os
import re
import socket
import subprocess
import time
from dataclasses import replace

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from cierre.settings import ConnectionLimits
from tests.support.commands import CIERRE
from tests.support.eventually import eventually
from tests.support.sockets import LIMITS, SPEC, backend_alone, proxied
from tests.support.wire import exchange


@pytest.fixture(scope="module")
def proxy():
    with proxied() as running:
        yield running


async def closing(client):
    """Code and reason that a connection is closed with."""
    try:
        while True:
            await asyncio.wait_for(client.recv(), 20)
    except ConnectionClosed as closed:
        return (None, "") if closed.rcvd is None else (closed.rcvd.code, closed.rcvd.reason)


async def test_messages_pass_both_ways(proxy):
    async with connect(f"{proxy.url}/echo", proxy=None) as client:
        for message in ("hello", "", "ñ€😀", b"\x00\xff", "x" * 200_000):
            await client.send(message)
            assert await client.recv() == message
        await client.send(["in ", "several ", "frames"])
        assert await client.recv() == "in several frames"
    await eventually(lambda: ("/echo", 101, f"a WebSocket of {proxy.app._upstream.name}") in proxy.calls)


async def test_many_messages_stay_in_order(proxy):
    async with connect(f"{proxy.url}/echo", proxy=None) as client:
        sending = asyncio.create_task(_send(client, 2000))
        assert [int(await client.recv()) for _ in range(2000)] == list(range(2000))
        await sending


async def _send(client, count):
    for number in range(count):
        await client.send(str(number))


async def test_path_query_and_fields_pass_and_those_of_one_connection_do_not(proxy):
    fields = {"Authorization": "Bearer t", "Cookie": "a=1", "Origin": "https://here.example", "X-Own": "1"}
    async with connect(f"{proxy.url}/told?a=%20b&c", proxy=None, additional_headers=fields) as client:
        told = json.loads(await client.recv())
        assert client.response.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
        assert len(client.response.headers.get_all("Date")) == 1
    assert (told["path"], told["query"]) == ("/base/told", "a=%20b&c")
    headers = told["headers"]
    assert {name: headers[name.lower()] for name in fields} == fields
    assert headers["host"] == proxy.app._upstream.name
    assert (headers["via"], headers["x-forwarded-for"]) == ("1.1 cierre", "127.0.0.1")
    assert headers["x-forwarded-host"] == proxy.http.removeprefix("http://")


async def test_the_subprotocol_is_the_servers_choice(proxy):
    async with connect(f"{proxy.url}/echo", proxy=None, subprotocols=["soap", "chat"]) as client:
        assert client.subprotocol == "chat"
    async with connect(f"{proxy.url}/echo", proxy=None, subprotocols=["soap"]) as client:
        assert client.subprotocol is None


@pytest.mark.parametrize(
    ("asked", "told"),
    [("code=1000", (1000, "")), ("code=4001&reason=enough", (4001, "enough")), ("code=1011", (1011, ""))],
)
async def test_the_servers_close_is_passed_on(proxy, asked, told):
    async with connect(f"{proxy.url}/ends?{asked}", proxy=None) as client:
        assert await client.recv() == "last"
        assert await closing(client) == told


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (4002, "done here")])
async def test_the_clients_close_is_passed_on(proxy, code, reason):
    async with connect(f"{proxy.url}/echo", proxy=None) as client:
        await client.send("one")
        await client.recv()
        proxy.backend.closed.clear()
        await client.close(code, reason)
        assert client.close_code == code
    await eventually(lambda: proxy.backend.closed == [(code, reason)])


async def test_a_connection_that_is_lost_is_closed_as_gone_at_the_other_end(proxy):
    proxy.backend.closed.clear()
    client = await connect(f"{proxy.url}/echo", proxy=None)
    client.transport.abort()
    await eventually(lambda: proxy.backend.closed == [(1001, "")])


async def test_a_refusal_of_the_server_passes_and_no_redirect_is_followed(proxy):
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"{proxy.url}/refuses", proxy=None)
    answered = refused.value.response
    assert (answered.status_code, answered.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert json.loads(answered.body) == {"why": "no"}
    moved = asyncio.to_thread(exchange, int(proxy.http.rpartition(":")[2]), handshake("/moved"))
    raw = await moved
    assert (raw.status, raw.headers["location"]) == (307, "/base/echo")


def handshake(path, *fields):
    """The bytes of a request for a WebSocket."""
    lines = [
        f"GET {path} HTTP/1.1", "Host: localhost", "Connection: keep-alive, Upgrade", "Upgrade: websocket",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", *fields,
    ]  # fmt: skip
    return "\r\n".join([*lines, "", ""]).encode()


async def test_a_server_that_is_away_is_a_502():
    with proxied(away=True) as proxy:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"{proxy.url}/echo", proxy=None)
        assert refused.value.response.status_code == 502
        assert "127.0.0.1:9" in json.loads(refused.value.response.body)["detail"]


async def test_the_handshake_is_held_to_the_document_where_it_has_the_path():
    with proxied(base="") as proxy:
        async with connect(f"{proxy.url}/base/feed?from=x", proxy=None) as client:
            [broken] = json.loads(client.response.headers["Mock-Violations"])
            assert broken["pointer"] == "/from"
        async with connect(f"{proxy.url}/base/feed?from=7", proxy=None) as client:
            assert "Mock-Violations" not in client.response.headers
        async with connect(f"{proxy.url}/base/told", proxy=None) as client:
            assert "Mock-Violations" not in client.response.headers
    with proxied(base="", errors=True) as proxy:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"{proxy.url}/base/feed?from=x", proxy=None)
        assert refused.value.response.status_code == 422
        async with connect(f"{proxy.url}/base/feed?from=7", proxy=None):
            pass


async def test_an_answer_that_is_set_is_given_instead_and_a_websocket_is_none():
    with proxied(base="") as proxy:
        async with httpx.AsyncClient(base_url=f"{proxy.http}/__mock") as console:
            await console.post("/answers", params={"operation": "feed"}, json={"status": 200, "times": 1})
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"{proxy.url}/base/feed?from=1", proxy=None)
            answered = refused.value.response
            assert (answered.status_code, answered.headers["Mock-Fallback"]) == (200, "an answer is set")
            async with connect(f"{proxy.url}/base/feed?from=1", proxy=None):
                pass
            again = await console.post("/calls/2/expect")
            assert (again.status_code, "WebSocket" in again.json()["detail"]) == (422, True)


async def test_the_proxys_own_routes_are_no_websockets(proxy):
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"{proxy.url}/__mock/events", proxy=None)
    assert refused.value.response.status_code == 404


async def test_requests_pass_beside_websockets(proxy):
    async with connect(f"{proxy.url}/echo", proxy=None) as client, httpx.AsyncClient() as http:
        assert (await http.get(f"{proxy.http}/plain")).text == "plain"
        await client.send("still here")
        assert await client.recv() == "still here"


@pytest.mark.parametrize("waits", [True, False])
def test_a_connection_may_become_one_after_requests(proxy, waits):
    plain = b"GET /plain HTTP/1.1\r\nHost: localhost\r\n\r\n"
    # The first frame comes right behind the request: "hi", masked with zeros.
    asked = handshake("/echo") + b"\x81\x82\x00\x00\x00\x00hi"
    with socket.create_connection(("127.0.0.1", int(proxy.http.rpartition(":")[2])), timeout=20) as sock:
        sock.sendall(plain if waits else plain + plain + asked)
        data = received(sock, b"\r\n\r\nplain")
        if waits:
            sock.sendall(asked)
        data = received(sock, b"\x81\x02hi", data)
    assert data.count(b"\r\n\r\nplain") == (1 if waits else 2)
    assert data.count(b" 101 ") == 1


def received(sock, end, data=b""):
    """What has come, once `end` is in it."""
    while end not in data:
        more = sock.recv(4096)
        assert more, data
        data += more
    return data


@pytest.mark.parametrize(
    "request_of",
    [
        lambda: handshake("/plain").replace(b"websocket", b"h2c"),
        lambda: handshake("/plain").replace(b"keep-alive, Upgrade", b"keep-alive"),
    ],
)
def test_what_asks_for_no_websocket_is_a_request_as_ever(proxy, request_of):
    answered = exchange(int(proxy.http.rpartition(":")[2]), request_of())
    assert answered.status == 200


def test_a_handshake_that_is_none_is_refused(proxy):
    wrong = handshake("/echo").replace(b"Version: 13", b"Version: 8")
    assert exchange(int(proxy.http.rpartition(":")[2]), wrong).status == 400


# --- limits


async def test_messages_that_are_too_large_close_both_ends():
    with proxied(replace(LIMITS, message_bytes=50_000)) as proxy:
        async with connect(f"{proxy.url}/echo", proxy=None) as client:
            await client.send("x" * 50_000)
            assert len(await client.recv()) == 50_000
            # Incompressible or not: it counts unpacked, and in all its frames.
            await client.send(["x" * 30_000, "x" * 30_000])
            assert (await closing(client))[0] == 1009
        await eventually(lambda: [code for code, _ in proxy.backend.closed] == [1009])
        async with connect(f"{proxy.url}/large", proxy=None) as client:
            assert (await closing(client))[0] == 1009
        await eventually(lambda: [code for code, _ in proxy.backend.closed] == [1009, 1009])


async def test_one_that_says_nothing_is_closed_and_pings_say_something():
    with proxied(replace(LIMITS, idle_timeout=1000), ConnectionLimits(linger_timeout=400)) as proxy:
        # The server's clock begins with its answer to the handshake, which a busy machine's client reads late.
        begun = time.monotonic()
        async with connect(f"{proxy.url}/echo", proxy=None, ping_interval=None) as client:
            assert await closing(client) == (1001, "nothing was said for 1 s")
            assert 0.9 < time.monotonic() - begun < 10
        await eventually(lambda: proxy.backend.closed == [(1001, "nothing was said for 1 s")])
        async with connect(f"{proxy.url}/echo", proxy=None, ping_interval=0.2) as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.recv(), 2.5)
            await client.send("here")
            assert await client.recv() == "here"


async def test_a_client_that_answers_no_ping_is_let_go():
    with proxied(replace(LIMITS, ping_interval=200, ping_timeout=200), ConnectionLimits(linger_timeout=400)) as proxy:
        with socket.create_connection(("127.0.0.1", int(proxy.http.rpartition(":")[2])), timeout=20) as sock:
            sock.sendall(handshake("/echo"))
            received(sock, b"keepalive ping timeout")
        await eventually(lambda: proxy.backend.closed)


async def test_half_of_the_connections_are_left_for_requests():
    with proxied(connections=ConnectionLimits(connections=4)) as proxy:
        async with connect(f"{proxy.url}/echo", proxy=None) as one, connect(f"{proxy.url}/echo", proxy=None) as two:
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"{proxy.url}/echo", proxy=None)
            assert (refused.value.response.status_code, refused.value.response.headers["Retry-After"]) == (503, "1")
            async with httpx.AsyncClient() as http:
                assert (await http.get(f"{proxy.http}/plain")).text == "plain"
            for client in (one, two):
                await client.send("kept")
                assert await client.recv() == "kept"
        # A place that is free again is taken.
        await eventually(lambda: [code for code, _ in proxy.backend.closed] == [1000, 1000])
        async with connect(f"{proxy.url}/echo", proxy=None) as client:
            await client.send("room")
            assert await client.recv() == "room"


async def test_a_client_that_reads_nothing_is_let_go():
    limits = ConnectionLimits(send_timeout=500, linger_timeout=400)
    # What cannot be compressed: between proxy and server it would hardly take room.
    frame = b"\x82\xfe\xff\xff\x00\x00\x00\x00" + os.urandom(65535)
    with proxied(connections=limits) as proxy:
        with socket.create_connection(("127.0.0.1", int(proxy.http.rpartition(":")[2])), timeout=20) as sock:
            sock.sendall(handshake("/echo"))
            received(sock, b"\r\n\r\n")
            with pytest.raises(OSError, match=r"reset|pipe"):
                sock.sendall(frame * 1000)
        await eventually(lambda: proxy.backend.closed)


async def test_they_are_closed_when_the_proxy_ends():
    with proxied() as proxy:
        client = await connect(f"{proxy.url}/echo", proxy=None)
        await client.send("one")
        await client.recv()
        proxy.server.should_exit = True
        assert (await closing(client))[0] == 1012
        await eventually(lambda: proxy.backend.closed)


async def test_a_close_without_a_code_is_a_normal_one(proxy):
    proxy.backend.closed.clear()
    with socket.create_connection(("127.0.0.1", int(proxy.http.rpartition(":")[2])), timeout=20) as sock:
        sock.sendall(handshake("/echo"))
        received(sock, b"\r\n\r\n")
        sock.sendall(b"\x88\x80\x00\x00\x00\x00")
        received(sock, b"\x88")
    await eventually(lambda: proxy.backend.closed == [(1000, "")])


def test_without_the_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr("cierre.mocks.proxy.app.why_no_websockets", lambda: "websockets is not installed")
    # As `cierre proxy` begins then: the server offers no upgrade.
    with proxied(limits=None) as proxy:
        answered = exchange(int(proxy.http.rpartition(":")[2]), handshake("/echo"))
    assert (answered.status, json.loads(answered.body)["detail"]) == (501, "websockets is not installed")


async def test_a_client_that_goes_at_once_leaves_nothing_open(proxy):
    port = int(proxy.http.rpartition(":")[2])
    for sent in (handshake("/echo"), handshake("/echo") + b"\x88\x80\x00\x00\x00\x00", handshake("/echo")[:-2]):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
            sock.sendall(sent)
    await eventually(lambda: not proxy.server.server_state.tasks and not proxy.server.server_state.connections)


@pytest.fixture
def command(tmp_path):
    """The log of `cierre proxy` before a server."""
    spec, log = tmp_path / "spec.json", tmp_path / "log"
    spec.write_text(json.dumps(SPEC))
    with backend_alone() as url, log.open("w") as written:
        arguments = ["proxy", str(spec), f"{url}/base", "--port", "0", "--max-body", "1kB"]
        process = subprocess.Popen([*CIERRE, *arguments], stderr=written, cwd=tmp_path)
        try:
            deadline = time.monotonic() + 60
            while "its page" not in log.read_text() and time.monotonic() < deadline:
                time.sleep(0.01)
            yield log
        finally:
            process.terminate()
            process.wait(60)


async def test_the_command_passes_them(command):
    at = re.search(r"from http(://[^ ]+)", command.read_text())[1]
    async with connect(f"ws{at}/echo", proxy=None) as client:
        await client.send("hello")
        assert await client.recv() == "hello"
        assert len(client.response.headers.get_all("Date")) == 1
        await client.send("x" * 1001)
        assert (await closing(client))[0] == 1009
    assert re.search(r"GET /echo → 101 [\d.]+ ms  a WebSocket of 127", command.read_text())
