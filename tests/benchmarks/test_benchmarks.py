import json
import math
import re
import shutil
import subprocess
import sys

import pytest

from benchmarks import documents, installs, load, processes, scratch, wire
from benchmarks.goals import Goal, goals
from benchmarks.load import LoadFailed, Request
from benchmarks.processes import Command
from benchmarks.report import LABELS, goal_table
from benchmarks.spanish import Untranslated, translated
from benchmarks.stats import Ratio, exponent, ratio

needs_wrk = pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
SERVER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen = set()
    def do_POST(self):
        token = self.headers["Authorization"]
        status = 401 if token in self.seen else 200
        self.seen.add(token)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def do_GET(self):
        body = str(len(self.seen)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setattr(scratch, "LOGS", tmp_path)
    monkeypatch.setattr(scratch, "TOKENS", tmp_path)
    command = [sys.executable, "-c", SERVER]
    with processes.running("test", lambda port: Command([*command, str(port)], folder=tmp_path)) as started:
        yield started


def tokens(count):
    return [Request("POST", "/logout", {"Authorization": f"Bearer {n}"}).raw() for n in range(count)]


@needs_wrk
def test_every_token_is_sent_once_and_every_answer_is_counted(server):
    found = load.once_each(server.port, tokens(500), connections=8, seconds=20)
    assert (found.successes, found.failures, found.exhausted) == (500, 0, True)
    assert processes.ask(server.port, Request("GET", "/")) == (200, b"500")


@needs_wrk
def test_when_the_time_is_up_what_was_sent_is_still_waited_for(server):
    found = load.once_each(server.port, tokens(100_000), connections=8, seconds=0.3)
    assert not found.exhausted
    assert processes.ask(server.port, Request("GET", "/")) == (200, str(found.successes).encode())


@needs_wrk
def test_a_second_use_of_a_token_counts_as_a_failure(server):
    found = load.once_each(server.port, tokens(20) * 2, connections=1, seconds=20)
    assert (found.successes, found.failures) == (20, 20)


@needs_wrk
def test_a_run_without_a_success_is_no_measurement(server):
    load.once_each(server.port, tokens(1), connections=1, seconds=5)
    with pytest.raises(LoadFailed):
        load.once_each(server.port, tokens(1), connections=1, seconds=5)


async def test_answers_of_one_connection_are_read_one_after_the_other(server):
    async with wire.connection(server.port) as stream:
        answered = [await wire.exchange(stream, request) for request in tokens(2) * 2]
    assert [one.status for one in answered] == [200, 200, 401, 401]
    assert {one.retry_after for one in answered} == {0}


def test_a_flood_is_compared_with_the_quiet_of_its_round():
    rounds = {"quiet": [{"p99_ms": 2}, {"p99_ms": 4}], "flood": [{"p99_ms": 4}, {"p99_ms": 16}]}
    (goal,) = goals({"flood": {"sqlite": rounds}}, {})
    assert (goal.measured.rounds, goal.met) == ((2, 4), True)


def test_ratios_are_of_the_same_round():
    found = ratio([10, 40, 20], [5, 10, 5])
    assert (found.median, found.low, found.high) == (4, 2, 4)


def test_rounds_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match="zip"):
        ratio([1, 2], [1])


@pytest.mark.parametrize("power", [0, 0.5, 1, 2])
def test_the_exponent_of_a_power_is_found(power):
    sizes = [10, 100, 1000, 10_000]
    assert math.isclose(exponent(sizes, [3 * size**power for size in sizes]), power, abs_tol=1e-9)


@pytest.mark.parametrize(
    ("at_least", "rounds", "met", "worst"),
    [
        (True, (3, 5, 4), True, 3),
        (True, (1, 2, 5), False, 1),
        (False, (3, 5, 4), False, 5),
        (False, (1, 9, 2), True, 9),
    ],
)
def test_a_goal_is_met_by_the_median_and_shows_the_worst_round(at_least, rounds, met, worst):
    goal = Goal("it", 3, at_least, Ratio(rounds))
    assert (goal.met, goal.worst) == (met, worst)
    assert f"| {'yes' if met else '**no**'} |" in goal_table([goal])


def test_a_generated_part_has_its_numbers_and_its_links_in_spanish():
    part = (
        "## Growth\n\n![How the cost of a logout, of logoutAll and of the denylist grows](performance/growth.png)\n\n"
        "|  | sizes | cost |\n| --- | --- | --- |\n| a look at the denylist, by entries | 1,000 | 216 ns |"
    )
    assert translated(part).splitlines() == [
        "## Crecimiento",
        "",
        "![Cómo crece el coste de un logout, de logoutAll y de la lista de denegados](../performance/growth.png)",
        "",
        "|  | tamaños | coste |",
        "| --- | --- | --- |",
        "| una consulta de la lista de denegados, por entradas | 1,000 | 216 ns |",
    ]


def test_a_text_that_has_no_spanish_is_named():
    with pytest.raises(Untranslated, match="'a row of its own' has no Spanish"):
        translated("| a row of its own | 12 |")


def test_each_peer_and_the_goal_of_a_flood_have_their_spanish():
    rounds = {"quiet": [{"p99_ms": 2}], "flood": [{"p99_ms": 4}]}
    (goal,) = goals({"flood": {"sqlite": rounds}}, {})
    translated("\n".join(f"| {label} |" for label in (*LABELS.values(), goal.subject)))


@pytest.mark.parametrize("megabytes", [0.1, 3])
def test_a_made_up_document_has_the_size_asked_for_and_no_dead_reference(megabytes, tmp_path, monkeypatch):
    monkeypatch.setattr(scratch, "DOCUMENTS", tmp_path)
    text = documents.of_size(megabytes).read_text()
    assert megabytes * 0.9e6 < len(text) < megabytes * 1.1e6
    schemas = json.loads(text)["components"]["schemas"]
    assert set(re.findall(r'"#/components/schemas/(\w+)"', text)) <= schemas.keys()


def test_the_command_explains_itself():
    shown = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--help"], cwd=scratch.ROOT, capture_output=True, text=True, check=True
    )
    assert "--quick" in shown.stdout


def test_the_pins_of_a_lock_are_read_with_their_markers_and_without_their_hashes():
    marked = 'uvloop==0.23.0 ; sys_platform != "win32"'
    lock = f"click==8.5.1 \\\n    --hash=sha256:00\n    # via uvicorn\n{marked} \\\n    --hash=sha256:11\n"
    assert installs.without_hashes(lock) == ["click==8.5.1", marked]
