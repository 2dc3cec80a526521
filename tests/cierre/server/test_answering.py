"""What an application may say of its answer, and what stands on the wire then."""

import asyncio
import logging

import pytest
from uvicorn.protocols.http.flow_control import FlowControl

from cierre.server.answering import Answer


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self):
        super().__init__()
        self.writes = []
        self.is_closed = False

    @property
    def written(self):
        return b"".join(self.writes)

    def write(self, data):
        self.writes.append(bytes(data))

    def writelines(self, pieces):
        self.write(b"".join(pieces))

    def close(self):
        self.is_closed = True

    def is_closing(self):
        return self.is_closed


async def answered(*messages, method="GET", keep_alive=True):
    """What stands on the wire after these messages, and whether the connection was closed."""
    wire = Wire()
    answer = answer_on(wire, method=method, keep_alive=keep_alive)
    for message in messages:
        await answer.send(message)
    return wire.written, wire.is_closed


def answer_on(wire, *, method="GET", keep_alive=True):
    logger = logging.getLogger("test")
    return Answer(
        scope={"method": method},
        transport=wire,
        flow=FlowControl(wire),
        logger=logger,
        access_logger=logger,
        access_log=False,
        default_headers=[(b"date", b"now")],
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=keep_alive,
        on_response=lambda: None,
    )


def start(*headers, status=200):
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(data=b"", *, more=False):
    return {"type": "http.response.body", "body": data, "more_body": more}


@pytest.mark.parametrize("size", [0, 10, 4_096, 4_097, 1_000_000])
async def test_the_head_is_written_together_with_the_body(size):
    wire = Wire()
    answer = answer_on(wire)
    await answer.send(start((b"content-length", b"%d" % size)))
    await answer.send(body(b"a" * size))
    await asyncio.sleep(0)
    assert len(wire.writes) == 1
    assert wire.written == b"HTTP/1.1 200 OK\r\ndate: now\r\ncontent-length: %d\r\n\r\n" % size + b"a" * size


async def test_the_head_does_not_wait_for_a_body_that_comes_later():
    wire = Wire()
    answer = answer_on(wire)
    await answer.send(start((b"content-length", b"4")))
    assert wire.writes == []
    await asyncio.sleep(0)
    assert wire.written.endswith(b"\r\n\r\n")
    await answer.send(body(b"abcd"))
    assert wire.writes[1:] == [b"abcd"]


async def test_the_head_of_an_answer_that_failed_is_not_written_after_the_end():
    wire = Wire()
    await answer_on(wire).send(start((b"content-length", b"4")))
    wire.close()
    await asyncio.sleep(0)
    assert wire.writes == []


async def test_a_body_of_known_length_is_sent_as_it_is():
    wire, is_closed = await answered(start((b"Content-Length", b"4")), body(b"ab", more=True), body(b"cd"))
    assert wire == b"HTTP/1.1 200 OK\r\ndate: now\r\ncontent-length: 4\r\n\r\nabcd"
    assert not is_closed


async def test_a_body_of_unknown_length_is_sent_in_chunks():
    wire, _ = await answered(start(), body(b"ab", more=True), body(b"", more=True), body(b"c"))
    assert wire.partition(b"\r\n\r\n")[2] == b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    assert b"transfer-encoding: chunked" in wire


async def test_the_answer_to_head_has_the_fields_and_no_body():
    wire, _ = await answered(start((b"content-length", b"4")), body(b"abcd"), method="HEAD")
    assert wire.endswith(b"content-length: 4\r\n\r\n")
    unknown, _ = await answered(start(), body(b"abcd"), method="HEAD")
    assert unknown.endswith(b"date: now\r\n\r\n")


@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_a_body_says_nothing_of_one(status):
    wire, _ = await answered(start(status=status), body())
    assert b"transfer-encoding" not in wire
    assert wire.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(("headers", "keep_alive"), [([(b"connection", b"x, Close")], True), ([(b"x-a", b"b")], False)])
async def test_a_connection_that_ends_says_so_once(headers, keep_alive):
    wire, is_closed = await answered(start(*headers, (b"content-length", b"0")), body(), keep_alive=keep_alive)
    assert is_closed
    assert wire.lower().count(b"connection: ") == 1


@pytest.mark.parametrize("value", [b"a\r\nx: b", b"a\nb", b"a\x00", b"\x7f", b"\x1f"])
async def test_a_value_that_would_end_its_field_is_an_error(value):
    with pytest.raises(RuntimeError, match="value"):
        await answered(start((b"x-a", value)))


@pytest.mark.parametrize("name", [b"x a", b"x:", b"x\r\n", b"(x)", b"x\x00"])
async def test_a_name_that_would_end_its_field_is_an_error(name):
    with pytest.raises(RuntimeError, match="name"):
        await answered(start((name, b"a")))


async def test_a_tab_and_other_languages_may_stand_in_a_value():
    wire, _ = await answered(start((b"x-a", "a\té".encode()), (b"content-length", b"0")), body())
    assert "x-a: a\té\r\n".encode() in wire


@pytest.mark.parametrize("data", [b"abc", b"abcde"])
async def test_a_body_that_is_not_as_long_as_was_said_is_an_error(data):
    with pytest.raises(RuntimeError, match=r"longer|shorter"):
        await answered(start((b"content-length", b"4")), body(data))


@pytest.mark.parametrize("messages", [[body()], [start(), start()], [start((b"content-length", b"0")), body(), body()]])
async def test_messages_come_in_their_order(messages):
    with pytest.raises(RuntimeError, match="not expected"):
        await answered(*messages)
