"""Things that were there before the run, the user itself, and roles that a document names in words."""

from copy import deepcopy

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from cierre.contract_tests import named
from cierre.contract_tests.auth.file import Entry
from cierre.contract_tests.listening import Quiet
from cierre.contract_tests.plan import plan
from cierre.contract_tests.run import SECURITY, Contract, Options
from tests.support import toy

INVOICE = {"type": "object", "properties": {"id": {"type": "string"}, "total": {"type": "integer"}}}
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "role": {"type": "string"}, "vip": {"type": "boolean"}},
}
NAME = {"type": "object", "properties": {"name": {"type": "string"}}}


def operation(schema, **more):
    content = {"application/json": {"schema": schema}}
    return {"responses": {"200": {"description": "", "content": content}, "404": {"description": ""}}, **more}


ID = {"name": "invoiceId", "in": "path", "required": True, "schema": {"type": "string"}}
BODY = {"required": True, "content": {"application/json": {"schema": NAME}}}
CONTRACT = {
    "openapi": "3.0.3",
    "info": {"title": "Invoices", "version": "1"},
    "security": [{"bearer": []}],
    "paths": {
        "/me": {"get": operation(PERSON), "patch": operation(PERSON, requestBody=BODY)},
        "/invoices": {"get": operation({"type": "array", "items": INVOICE})},
        "/invoices/{invoiceId}": {"get": operation(INVOICE, parameters=[ID])},
        "/reports": {"get": operation({"type": "object"}, summary="All sales (only for administrators)")},
    },
    "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
}
TOKENS = {"ana": "token-of-ana-0001", "ben": "token-of-ben-0001"}


class Invoices:
    """The service; `fault` names the check that is to find what it does wrong."""

    def __init__(self, fault, roles=("user", "admin", "")):
        self.fault, self.roles = fault, roles
        self.people = {name: {"name": name, "role": roles[0], "vip": False} for name in TOKENS}
        self.invoices = {name: {"id": f"{name}-1", "total": 7} for name in TOKENS}

    def app(self):
        paths = {"/me": self.me, "/invoices": self.all, "/invoices/{id}": self.one, "/reports": self.reports}
        return Starlette(routes=[Route(path, serve, methods=["GET", "PATCH"]) for path, serve in paths.items()])

    def user(self, request):
        sent = request.headers.get("authorization", "")
        return next((name for name, token in TOKENS.items() if sent == f"Bearer {token}"), None)

    async def me(self, request):
        person = self.people[self.user(request)]
        if request.method == "PATCH":
            given = await request.json()
            wanted = person.keys() if self.fault == named.ASSIGNMENT.name else {"name"}
            if given.get("role", self.roles[0]) not in self.roles:
                return JSONResponse({}, 500)
            person.update({name: value for name, value in given.items() if name in wanted})
        return JSONResponse(person)

    async def all(self, request):
        return JSONResponse([self.invoices[self.user(request)]])

    async def one(self, request):
        user, wanted = self.user(request), request.path_params["id"]
        found = {one["id"]: name for name, one in self.invoices.items()}
        if wanted not in found or (found[wanted] != user and self.fault != named.OWNERS.name):
            return JSONResponse({}, 404)
        return JSONResponse(self.invoices[found[wanted]])

    async def reports(self, _request):
        return JSONResponse({"sales": 7}, 200 if self.fault == named.ROLES.name else 403)


@pytest.mark.parametrize("fault", ["", named.ASSIGNMENT.name, named.OWNERS.name, named.ROLES.name])
def test_a_fault_is_found_by_its_check_alone(fault):
    service = Invoices(fault)
    ana, ben = (Entry(scheme="bearer", value=TOKENS[name]) for name in ("ana", "ben"))
    contract = Contract(CONTRACT, (ana,), others=(ben,))
    with toy.serving(service.app()) as url:
        report = plan(contract, Options(url=url, seed=1, phases=(SECURITY,), security=True)).run(Quiet())

    assert {one.check for one in report.findings} == ({fault} if fault else set())
    # What a run sets, it sets back.
    assert service.people["ana"]["role"] == "user"
    assert service.people["ana"]["vip"] is False


def test_a_role_of_the_services_own_that_a_client_can_give_itself_is_found():
    service = Invoices(named.ASSIGNMENT.name, roles=("Customer", "Employee"))
    document = deepcopy(CONTRACT)
    document["info"]["description"] = "An employee sees all orders."
    # More than the document names may be sent; that does not make a role the client's.
    schema = {**NAME, "additionalProperties": True}
    document["paths"]["/me"]["patch"]["requestBody"]["content"]["application/json"]["schema"] = schema
    with toy.serving(service.app()) as url:
        tested = Contract(document, (Entry(scheme="bearer", value=TOKENS["ana"]),))
        without = ("no_*", "time_*", "cors_*")
        chosen = Options(url=url, seed=1, phases=(SECURITY,), security=True, operations="/me", without=without)
        report = plan(tested, chosen).run(Quiet())

    assert [one.summary for one in report.findings] == ["PATCH /me keeps role, which no client may set."]
    assert service.people["ana"]["role"] == "Customer"
