"""Traces: a real service sends its spans to a receiver of OTLP; where they are off, nothing of them is imported."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import click
import httpx
import pytest
from click.testing import CliRunner
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from cierre.cli import telemetry
from cierre.cli.receivers import command as receivers_command
from tests.cierre.events.conftest import open_topic
from tests.support.commands import clean_environment
from tests.support.eventually import eventually
from tests.support.receivers import Receiver
from tests.support.running import LOGOUT, bearer, login_over_http

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
AS_UUID = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"


class Collector:
    """Takes OTLP over HTTP; `spans` has what came."""

    def __init__(self):
        self.spans, self.resources = [], []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                for one in ExportTraceServiceRequest.FromString(body).resource_spans:
                    collector.resources.append({pair.key: pair.value.string_value for pair in one.resource.attributes})
                    for scope in one.scope_spans:
                        collector.spans.extend(scope.spans)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def of(self, trace):
        return [span for span in self.spans if span.trace_id.hex() == trace]

    def wait_for(self, trace, name, patience=20):
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            for span in self.of(trace):
                if span.name == name:
                    return span
            time.sleep(0.05)
        raise AssertionError(f"no span {name} of {trace}: {[span.name for span in self.spans]}")

    def end(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def collector():
    made = Collector()
    yield made
    made.end()


@pytest.fixture
def node(serve, collector, database_url):
    return serve(database_url, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY="100")


def attributes(span):
    return {pair.key: pair.value.string_value or pair.value.int_value for pair in span.attributes}


def test_a_trace_that_comes_in_goes_on_in_the_request_its_statements_and_the_log(node, collector):
    token = login_over_http(node)["accessToken"]
    context = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
    answer = httpx.post(node.url + LOGOUT, headers=bearer(token, **context))
    assert (answer.status_code, answer.headers["X-Trace-Id"]) == (200, AS_UUID)
    request = collector.wait_for(TRACE, "logout")
    assert request.parent_span_id.hex() == PARENT
    assert attributes(request) == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "url.path": LOGOUT,
        "cierre.operation": "logout",
    }
    statements = [span for span in collector.of(TRACE) if span.name != "logout"]
    assert {span.parent_span_id for span in statements} == {request.span_id}
    texts = [attributes(span)["db.query.text"] for span in statements]
    assert any("UPDATE sessions" in text for text in texts)
    assert token not in str(collector.spans)
    assert collector.resources[0]["service.name"] == "cierre"
    lines = [json.loads(line) for line in node.log().splitlines() if AS_UUID in line]
    assert {line["event"] for line in lines} >= {"user_logout", "request"}
    assert {line["span_id"] for line in lines} == {request.span_id.hex()}


async def test_what_it_causes_goes_on_with_the_trace(serve, collector, database_url):
    """A closing's signal is a span below the request; the publishing of its event links to it; both are told of it."""
    async with Receiver() as receiver, open_topic("redis") as topic:
        options = ["--events", topic.url, "--events-topic", topic.name]
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        add = [receivers_command, ["add", "siem", f"{receiver.url}?secret=word", "--database-url", database_url]]
        assert (await asyncio.to_thread(CliRunner().invoke, *add)).exit_code == 0
        node = await asyncio.to_thread(serve, database_url, *options, **environment)
        token = (await asyncio.to_thread(login_over_http, node))["accessToken"]
        async with httpx.AsyncClient() as client:
            context = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
            answer = await client.post(node.url + LOGOUT, headers=bearer(token, **context))
            assert answer.status_code == 200
        request = await asyncio.to_thread(collector.wait_for, TRACE, "logout")
        delivery = await asyncio.to_thread(collector.wait_for, TRACE, "deliver ssf")
        events = await topic.wait_for(2)
        await eventually(lambda: _links(collector, topic.name))
    assert delivery.parent_span_id == request.span_id
    told = attributes(delivery)
    assert told == {"cierre.receiver": "siem", "server.address": "127.0.0.1", "cierre.attempt": 1}
    assert receiver.got[0].headers["traceparent"] == f"00-{TRACE}-{delivery.span_id.hex()}-01"
    closed = next(one for one in events if one["type"] == "cierre.session.closed")
    assert closed["traceparent"] == f"00-{TRACE}-{request.span_id.hex()}-01"
    assert (TRACE, request.span_id.hex()) in _links(collector, topic.name)


def _links(collector, topic):
    """What the publishing of the logout's events links to, once it was sent: `(trace, span)`."""
    spans = [span for span in collector.spans if span.name == f"publish {topic}"]
    links = {(link.trace_id.hex(), link.span_id.hex()) for span in spans for link in span.links}
    return links if TRACE in {trace for trace, _ in links} else set()


def test_without_one_the_span_begins_the_trace_that_the_answer_names(node, collector):
    answer = httpx.post(node.url + LOGOUT, headers=bearer("nothing"))
    span = collector.wait_for(answer.headers["X-Trace-Id"].replace("-", ""), "logout")
    assert span.parent_span_id == b""
    assert attributes(span)["http.response.status_code"] == 401


def test_what_is_left_is_sent_at_the_end(serve, collector, sqlite_url):
    node = serve(sqlite_url, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY="600000")
    answer = httpx.post(node.url + LOGOUT, headers=bearer("nothing"))
    node.stop()
    collector.wait_for(answer.headers["X-Trace-Id"].replace("-", ""), "logout", patience=1)


def test_a_collector_that_is_away_keeps_nobody_waiting(serve, sqlite_url):
    node = serve(sqlite_url, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1", OTEL_BSP_SCHEDULE_DELAY="100")
    assert httpx.post(node.url + LOGOUT, headers=bearer("nothing")).status_code == 401
    assert node.stop(patience=30) == -15


# redis-py imports OpenTelemetry's API by itself where it finds it.
TRACING = ("cierre.tracing", "opentelemetry.sdk.trace", "opentelemetry.exporter")


def test_off_nothing_of_it_is_imported():
    code = (
        "import sys, tempfile, pathlib\n"
        "from cierre.app import create_app\nfrom cierre.cli import logs\nfrom cierre.settings import Settings\n"
        "logs.configure('json')\n"
        "create_app(Settings(database_url='sqlite://', data_dir=pathlib.Path(tempfile.mkdtemp()), issuer='http://x'))\n"
        f"print([name for name in sys.modules if name.startswith({TRACING})])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=clean_environment()
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("environment", "exporter"),
    [
        ({}, None),
        ({"OTEL_SERVICE_NAME": "x"}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, "otlp"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c"}, "otlp"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_EXPORTER": "none"}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"}, None),
        ({"OTEL_TRACES_EXPORTER": "console"}, "console"),
    ],
)
def test_the_usual_variables_say_whether_there_are_traces(environment, exporter):
    assert telemetry.traces(environment) == exporter


@pytest.mark.parametrize(
    "environment",
    [{"OTEL_TRACES_EXPORTER": "zipkin"}, {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}],
)
def test_what_there_is_not_is_said(environment):
    with pytest.raises(click.UsageError, match="write "):
        telemetry.traces(environment)
