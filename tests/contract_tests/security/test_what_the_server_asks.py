"""A server that asks where a request says, or runs it in a shell, is told by who asks the run itself."""

import subprocess
import urllib.request
from copy import deepcopy

import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse
from starlette.routing import Route

from cierre.contract_tests import named
from cierre.contract_tests.listening import Quiet
from cierre.contract_tests.plan import plan
from cierre.contract_tests.run import SECURITY, Contract, Options
from cierre.contract_tests.security.endpoint import Endpoint
from tests.support import toy

JOB = {
    "type": "object",
    "required": ["notify"],
    "properties": {
        "notify": {
            "type": "object",
            "required": ["url"],
            "properties": {"url": {"type": "string", "format": "uri"}},
        },
        "label": {"type": "string", "example": "cierre"},
    },
}
OPERATION = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": JOB}}},
    "responses": {"202": {"description": ""}, "400": {"description": ""}},
}
CALLBACK = {"done": {"{$request.body#/notify/url}": {"post": {"responses": {"200": {"description": ""}}}}}}


def contract(**more):
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Jobs", "version": "1"},
        "paths": {"/jobs": {"post": {**deepcopy(OPERATION), **more}}},
    }
    return Contract(document)


class Jobs:
    """Takes jobs. `fault`: it asks at the address later, or gives the label to a shell and shows nothing."""

    def __init__(self, fault):
        self.fault = fault

    def app(self):
        return Starlette(routes=[Route("/jobs", self.make, methods=["POST"])])

    async def make(self, request):
        given = await request.json()
        url, label = given.get("notify", {}).get("url"), given.get("label", "")
        if not isinstance(url, str) or not isinstance(label, str):
            return JSONResponse({}, 400)
        later = BackgroundTask(self.ask, url) if self.fault == "asks later" else None
        if self.fault == "shell":
            subprocess.run(["sh", "-c", f"true {label}"], capture_output=True, check=False)  # noqa: ASYNC221
        return JSONResponse(None, 202, background=later)

    def ask(self, url):
        if url.startswith("http://127.0.0.1:"):
            urllib.request.urlopen(url, timeout=5).close()


def found(fault, tested):
    with toy.serving(Jobs(fault).app()) as url:
        chosen = Options(url=url, seed=1, phases=(SECURITY,), security=True, without=("time_does_not_explode",))
        return plan(tested, chosen).run(Quiet()).findings


def test_an_address_within_the_body_that_is_asked_at_after_the_answer_is_found():
    (one,) = found("asks later", contract())

    assert one.check == named.SSRF.name
    assert "notify.url (body)" in one.summary
    assert "python3 -m http.server" in one.message


def test_an_address_that_the_document_says_is_called_back_is_none():
    assert found("asks later", contract(callbacks=CALLBACK)) == []


def test_a_shell_that_shows_nothing_is_found_by_what_it_asks_for():
    (one,) = found("shell", contract())

    assert one.check == named.COMMAND.name
    assert "label (body)" in one.summary


def test_a_server_that_does_neither_has_no_finding():
    assert found("", contract()) == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_endpoint_notes_the_path_alone(method):
    with Endpoint("http://127.0.0.1:9") as endpoint:
        request = urllib.request.Request(f"http://{endpoint.address}/asked?for=this", method=method)
        urllib.request.urlopen(request, timeout=5).close()

        assert endpoint.was_asked("/asked")
        assert endpoint.wait({"/asked", "/never"}, 0) == {"/asked"}
        assert not endpoint.was_asked("/never")
