"""Time and faults: what happens to answers on the way, asked for by flag or by call."""

import time

import httpx
import pytest

from cierre.mocks import mock_app
from cierre.mocks.preferences import read_delay
from cierre.mocks.serving.threaded import ThreadedMock
from tests.support.mocked import answering, client_of

SPEC = answering(example=list(range(100)))


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("200ms", (0.2, 0.2)),
        ("1s", (1.0, 1.0)),
        ("250", (0.25, 0.25)),
        ("200..800ms", (0.2, 0.8)),
        ("1..2s", (1.0, 2.0)),
        ("100ms..1s", (0.1, 1.0)),
        ("soon", None),
        ("-1", None),
    ],
)
def test_delays_are_written_as_people_write_them(text, span):
    found = read_delay(text)
    assert found == (pytest.approx(span) if span else None)


async def timed(client, **headers):
    begun = time.perf_counter()
    await client.get("/x", headers=headers)
    return time.perf_counter() - begun


async def test_answers_wait_as_the_flag_the_operation_or_the_call_says():
    async with client_of(SPEC, delay=(0.05, 0.05)) as client:
        assert await timed(client) >= 0.05
        assert await timed(client, Prefer="delay=120ms") >= 0.12
    async with client_of(SPEC, delays={"GET /x": (0.06, 0.06)}) as client:
        assert await timed(client) >= 0.06


async def test_an_error_rate_of_one_fails_each_answer_and_none_fails_none():
    async with client_of(SPEC, error_rate=1.0) as client:
        assert (await client.get("/x")).status_code == 500
    async with client_of(SPEC, error_rate=0.5, seed="a") as client:
        statuses = [(await client.get("/x")).status_code for _ in range(40)]
    assert set(statuses) == {200, 500}


async def test_a_single_call_can_ask_for_an_error_or_a_429():
    async with client_of(SPEC) as client:
        assert (await client.get("/x", headers={"Prefer": "fault=error"})).status_code == 500
        limited = await client.get("/x?__fault=rate-limit")
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "30")


async def test_the_documents_own_5xx_and_429_are_preferred():
    responses = {
        "200": {"description": ""},
        "503": {"content": {"application/json": {"example": "down"}}},
        "429": {
            "headers": {"Retry-After": {"schema": {"type": "integer"}}},
            "content": {"application/json": {"example": "slow"}},
        },
    }
    spec = {"openapi": "3.0.3", "paths": {"/x": {"get": {"responses": responses}}}}
    async with client_of(spec) as client:
        assert (await client.get("/x?__fault=error")).json() == "down"
        limited = await client.get("/x?__fault=rate-limit")
    assert (limited.json(), limited.headers["retry-after"]) == ("slow", "30")


async def test_a_rate_limit_answers_429_with_the_time_to_wait():
    async with client_of(SPEC, rate_limit=2) as client:
        answers = [await client.get("/x") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 60


def test_connections_are_dropped_truncated_and_slow():
    with ThreadedMock(mock_app(SPEC)) as mock, httpx.Client(base_url=mock.url) as client:
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            client.get("/x", headers={"Prefer": "fault=drop"})
        with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
            client.get("/x", headers={"Prefer": "fault=truncate"})
        begun = time.perf_counter()
        assert client.get("/x", headers={"Prefer": "fault=slow"}).json() == list(range(100))
        assert time.perf_counter() - begun > 1


def test_an_answer_that_never_comes_is_the_clients_to_give_up():
    with ThreadedMock(mock_app(SPEC)) as mock, pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{mock.url}/x", headers={"Prefer": "fault=timeout"}, timeout=0.2)


def test_a_drop_rate_of_one_drops_every_connection():
    with ThreadedMock(mock_app(SPEC, drop_rate=1.0)) as mock, pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{mock.url}/x")
