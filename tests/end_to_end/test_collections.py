"""What `cierre spec collection` writes, opened by the programs it is for: newman and Bruno's command line, from npm.

tests/collections/package-lock.json pins them; they are 600 packages, which only this long test installs.
"""

import json
import re
from pathlib import Path
from urllib.parse import parse_qsl

import httpx
import pytest

from tests.support.collections import AWKWARD, SWAGGER, requests_in
from tests.support.commands import run
from tests.support.mocked import started
from tests.support.npm import installed, needing, ran

LOCKED = Path(__file__).parents[1] / "collections"
pytestmark = [*needing(), pytest.mark.long]
# Of each request that two programs send alike.
ALIKE = ("content-type", "cookie", "authorization", "x-key", "api_key", "x-trace")


@pytest.fixture(scope="module")
def programs():
    return installed(LOCKED)


@pytest.fixture(scope="module", params=["contract", "awkward", "swagger"])
def opened(request, programs, tmp_path_factory):
    """The requests that both programs have sent to a mock, and what their reports say of the answers."""
    folder = tmp_path_factory.mktemp(request.param)
    swagger = folder / "swagger.json"
    swagger.write_text(json.dumps(SWAGGER))
    spec = {"contract": [], "awkward": [AWKWARD], "swagger": [swagger]}[request.param]
    with started(folder, *spec) as (url, _):
        sent, statuses = {}, {}
        for name, send in (("postman", _by_newman), ("bruno", _by_bruno)):
            httpx.delete(f"{url}/__mock/calls").raise_for_status()
            statuses[name] = send(programs, folder, spec, url)
            calls = httpx.get(f"{url}/__mock/calls", params={"limit": 1000}).json()["calls"]
            sent[name] = [httpx.get(f"{url}/__mock/calls/{one['number']}").json() for one in calls]
    return sent, statuses


def _written(spec, *arguments):
    done = run("spec", "collection", *map(str, spec), *map(str, arguments))
    assert done.returncode == 0, done.stderr


def _variables(collection, url):
    """Of the mock, and a value for each credential."""
    for one in collection["variable"]:
        yield from ("--env-var", f"{one['key']}={'v-' + one['key'] if not one['value'] else url}")


def _by_newman(programs, folder, spec, url):
    file, report = folder / "postman.json", folder / "newman.json"
    _written(spec, "-o", file)
    written = json.loads(file.read_text())
    done = ran(
        programs / "newman", "run", file, *_variables(written, url), "--ignore-redirects",
        "--reporters", "json", "--reporter-json-export", report, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    executions = json.loads(report.read_text())["run"]["executions"]
    assert [one["item"]["name"] for one in executions] == [one["name"] for one in requests_in(written["item"])]
    return [(one["item"]["name"], one["response"]["code"]) for one in executions]


def _by_bruno(programs, folder, spec, url):
    at, report = folder / "bruno", folder / "bruno.json"
    _written(spec, "--format", "bruno", "-o", at)
    variables = _variables(json.loads((folder / "postman.json").read_text()), url)
    done = ran(programs / "bru", "run", "--env", "default", *variables, "--reporter-json", report, cwd=at)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Skipping invalid file" not in done.stdout + done.stderr
    return [
        (one["name"], one["response"]["status"]) for each in json.loads(report.read_text()) for one in each["results"]
    ]


@pytest.mark.parametrize("program", ["postman", "bruno"])
def test_each_request_is_answered_with_a_success(opened, program):
    sent, statuses = opened
    assert statuses[program]
    assert [one for one in statuses[program] if not 200 <= one[1] < 300] == []
    assert len(sent[program]) == len(statuses[program])
    assert [(one["path"], one["broken"]) for one in sent[program] if one["broken"]] == []


def test_both_send_the_same(opened):
    sent, _ = opened
    shown = {program: sorted(map(_shown, calls)) for program, calls in sent.items()}
    assert shown["postman"] == shown["bruno"]


def _shown(call):
    """What a server reads of a request: the order of a query, and how a body of several parts is written, aside."""
    headers = {name: text for name, text in call["request"]["headers"].items() if name in ALIKE}
    kind = headers.get("content-type", "").partition(";")[0]
    body = call["request"]["body"]
    if kind == "multipart/form-data":
        headers["content-type"] = kind
        body = re.findall(r'name="([^"]*)".*?\n\n(.*?)\n--', body.replace("\r", ""), re.DOTALL)
    elif kind == "application/x-www-form-urlencoded":
        body = parse_qsl(body)
    return json.dumps([call["method"], call["path"], sorted(parse_qsl(call["query"])), headers, body], sort_keys=True)
