"""Neither one document nor one request keeps the mock from answering, or from ending."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from random import Random

import httpx
import pytest

from benchmarks.processes import tree
from cierre.mocks.generation.budget import AnswerLimits
from cierre.mocks.generation.texts import make_text
from cierre.oas.validation.patterns import degree_of, matcher, pattern_keyword
from tests.support.mocked import answering, client_of, started
from tests.support.processes import is_running

ITSELF = {"$ref": "#/components/schemas/A"}
MANY = 10**9
# Smaller than the default ones: what is shown is that a limit holds, whatever it is.
LIMITS = {"max_answer_nodes": 500, "max_answer_size": 10_000, "max_answer_depth": 20}


def recursive(schema):
    return answering(ITSELF) | {"components": {"schemas": {"A": schema}}}


DOCUMENTS = {
    "items": answering({"type": "array", "minItems": MANY, "items": {"type": "integer"}}),
    "unique items": answering({"type": "array", "minItems": MANY, "uniqueItems": True}),
    "items in items": answering(
        {"type": "array", "minItems": 2000, "items": {"type": "array", "minItems": 2000, "items": {}}}
    ),
    "infinite": answering({"type": "array", "minItems": float("inf")}),
    "length": answering({"type": "string", "minLength": MANY}),
    "properties": answering({"type": "object", "minProperties": MANY}),
    "recursion": recursive(
        {"type": "object", "required": list("abcdefghij"), "properties": dict.fromkeys("abcdefghij", ITSELF)}
    ),
    "allOf": recursive({"allOf": [ITSELF] * 10 + [{"type": "object", "properties": {"x": {"allOf": [ITSELF] * 10}}}]}),
    "anyOf": recursive({"anyOf": [ITSELF] * 10}),
    "a key against a pattern": answering(
        {"type": "object", "required": ["a" * 40 + "b"], "patternProperties": {"^(a+)+$": {}, r"^(a+)+\Z$": {}}}
    ),
    "nested counts": answering({"type": "string", "pattern": "^((((a{99}){99}){99}){99}){99}$"}),
    "count": answering({"type": "string", "pattern": "^[a-z]{1000000000}$"}),
    "numbers": answering({"type": "number", "minimum": 1e300, "exclusiveMinimum": True, "multipleOf": 1e-300}),
}


def depth_of(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(depth_of, inner), default=0)


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_what_a_schema_asks_for_has_limits(name):
    async with client_of(DOCUMENTS[name], **LIMITS) as client:
        answer = await client.get("/x")
    assert answer.status_code == 200
    assert len(answer.content) < 50_000
    assert depth_of(answer.json()) <= 21


async def test_with_errors_an_answer_beyond_the_limits_is_a_500_that_says_so():
    async with client_of(DOCUMENTS["items"], errors=True, **LIMITS) as client:
        answer = await client.get("/x")
    assert answer.status_code == 500


async def test_within_the_limits_the_answer_is_valid():
    schema = {"type": "array", "minItems": 5000, "maxItems": 5000, "items": {"type": "integer"}}
    async with client_of(answering(schema), errors=True) as client:
        assert len((await client.get("/x")).json()) == 5000


def test_the_default_limits_are_those_of_the_docs():
    assert AnswerLimits()[:3] == (20_000, 1_000_000, 40)


# --- patterns


@pytest.mark.parametrize(
    ("pattern", "degree"),
    [
        (r"^a*\Z", 1),
        (r"^a*b+\Z", 2),
        (r"^(a+)+\Z", None),
        (r"(a|aa)+\Z", None),
        (r"^(\w?x)*\Z", None),
        (r"[(+)+]+\Z", 1),
    ],
)
def test_what_pythons_re_may_need_forever_for_is_known(pattern, degree):
    assert degree_of(pattern) == degree


def test_a_pattern_that_may_need_forever_checks_nothing_and_others_are_matched():
    assert pattern_keyword(r"^(a+)+\Z") == {}
    assert matcher("^(a+)+$")("a" * 40)
    assert not matcher("^(a+)+$")("a" * 40 + "b")
    assert not matcher(r"^x(?P<n>y)\Z")("z")


# --- requests

BODY = {"type": "object", "additionalProperties": True}
PARAMETERS = [
    {"name": "n", "in": "query", "schema": {"type": "integer"}},
    {"name": "o", "in": "query", "style": "deepObject", "schema": {"type": "object"}},
    {"name": "p", "in": "query", "schema": {"type": "string", "pattern": r"^(a+)+\Z"}},
    {"name": "b", "in": "query", "schema": {"type": "string", "pattern": "^(?!x)(a+)+$"}},
]
TYPES = ("application/json", "application/x-www-form-urlencoded", "application/xml")
OPERATION = {"parameters": PARAMETERS, "requestBody": {"content": {key: {"schema": BODY} for key in TYPES}}}
POST = answering({"type": "integer"}, method="post", operation=OPERATION)


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        (TYPES[0], b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
        (TYPES[0], b'{"a":1,"a":' + b"[" * 900 + b"]" * 900 + b"}", 400),
        (TYPES[1], b"o" + b"[a]" * 50_000 + b"=1", 200),
        (TYPES[2], b"<a>" * 50_000 + b"</a>" * 50_000, 400),
        (TYPES[2], '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY b "c">]><a/>'.encode("utf-16"), 400),
    ],
)
async def test_no_body_is_too_deep_to_be_refused(content_type, body, status):
    async with client_of(POST) as client:
        answer = await client.post("/x", content=body, headers={"Content-Type": content_type})
    assert (answer.status_code, "fault of the mock" in answer.text) == (status, False)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("n=" + "9" * 5000, 422),
        ("o" + "[a]" * 5000 + "=1", 422),
        ("p=" + "a" * 40 + "b", 200),
        ("b=" + "a" * 40 + "b", 422),
    ],
)
async def test_no_parameter_is_too_long_or_too_deep_to_be_refused(query, status):
    async with client_of(POST) as client:
        assert (await client.post(f"/x?{query}")).status_code == status


async def test_a_prefer_of_blanks_is_read_at_once():
    async with client_of(POST) as client:
        assert (await client.post("/x", headers={"Prefer": "x," + " " * 60_000 + ","})).status_code == 200


async def test_a_body_with_many_mistakes_gets_some_of_them_told():
    schema = {"type": "array", "items": {"type": "integer"}}
    operation = {"requestBody": {"content": {TYPES[0]: {"schema": schema}}}}
    async with client_of(answering(method="post", operation=operation)) as client:
        answer = await client.post("/x", json=["x"] * 10_000)
    assert len(answer.json()["violations"]) == 100


def test_a_text_for_a_pattern_is_still_made():
    made = make_text(Random(1), dynamic=False, name="", minimum=30, maximum=30, patterns=("^[A-F]{2,}$",), formats=())
    assert len(made) == 30


# --- the end


@pytest.mark.parametrize("busy", ["late", "making"])
def test_a_signal_ends_the_mock_whatever_it_is_busy_with(tmp_path, busy):
    spec = DOCUMENTS["recursion"] | {
        "paths": {"/x": DOCUMENTS["recursion"]["paths"]["/x"], "/y": {"get": {"responses": {}}}}
    }
    (tmp_path / "spec.json").write_text(json.dumps(spec))
    path = "/y?__fault=timeout" if busy == "late" else "/x"

    def ask(url):
        try:
            httpx.get(url, timeout=30)
        except httpx.HTTPError:
            return

    with started(tmp_path, "spec.json", "--max-answer-nodes", "100000") as (url, process):
        httpx.get(f"{url}/y", timeout=30)
        threads = [threading.Thread(target=ask, args=(f"{url}{path}",)) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        # Seconds: far more than the mock's own patience, far less than the hour that the answer would take.
        process.wait(timeout=40)
        for thread in threads:
            thread.join()


# One call of C without end, in which no other line of Python runs: no thread's, and no handler's of a signal.
HELD = """
import collections, itertools
def hold():
    print("held", flush=True)
    collections.deque(itertools.repeat(1), maxlen=0)
"""
MOCK = """
import socket
from cierre.mocks.serving.server import listen, run
from cierre.server.sockets import bind
listener = bind("127.0.0.1", 0)
listen(listener)
async def app(scope, receive, send):
    while scope["type"] == "lifespan":
        await send({"type": (await receive())["type"] + ".complete"})
    hold()
print(listener.getsockname()[1], flush=True)
run(app, listener)
"""
SPEC = """
import sys
import cierre.oas.linting
cierre.oas.linting.lint = lambda *_, **__: hold()
from cierre.cli import main
sys.argv = ["cierre", "spec", "lint", "spec.json"]
main()
"""


@pytest.mark.parametrize(
    ("program", "by"),
    [pytest.param(MOCK, signal.SIGKILL, id="mock"), pytest.param(SPEC, signal.SIGTERM, id="spec")],
)
def test_a_signal_ends_what_one_call_of_c_holds(tmp_path, program, by):
    (tmp_path / "spec.json").write_text(json.dumps(answering()))
    command = [sys.executable, "-c", HELD + program]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        try:
            if program == MOCK:
                with socket.create_connection(("127.0.0.1", int(process.stdout.readline()))) as client:
                    client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    ended = _held_and_ended(process)
            else:
                ended = _held_and_ended(process)
        finally:
            process.kill()
    assert ended == -by


def _held_and_ended(process):
    assert process.stdout.readline() == "held\n"
    # From the printing to the call itself: before it, the handler would still run.
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout=40)


def test_what_waits_to_kill_ends_with_the_mock(tmp_path):
    (tmp_path / "spec.json").write_text(json.dumps(answering()))
    with started(tmp_path, "spec.json") as (url, process):
        httpx.get(f"{url}/x", timeout=30)
        (waiting,) = tree(process.pid)[1:]
    deadline = time.monotonic() + 20
    while is_running(waiting):
        assert time.monotonic() < deadline, "it stays"
        time.sleep(0.05)
    assert process.returncode == -signal.SIGTERM
