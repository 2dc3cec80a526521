"""A role that a user gives itself under its own id, as in `PATCH /users/{userId}` and `PUT /users/{userId}/role`."""

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from cierre.contract_tests.auth.file import Entry
from cierre.contract_tests.listening import Quiet
from cierre.contract_tests.plan import plan
from cierre.contract_tests.run import SECURITY, Contract, Options
from tests.support import toy

TOKENS = {"ana": "token-of-ana-0001", "ben": "token-of-ben-0001"}
ROLE = {"type": "string", "enum": ["member", "admin"]}
USER = {
    "type": "object",
    "required": ["id", "name", "role"],
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "role": ROLE},
}
CHANGES = {"type": "object", "properties": {"name": {"type": "string", "minLength": 1}, "role": ROLE}}
ID = {"name": "userId", "in": "path", "required": True, "schema": {"type": "string"}}


def operation(body=None, **more):
    shown = {"description": "The user.", "content": {"application/json": {"schema": USER}}}
    answers = {"200": shown} | {status: {"description": "No."} for status in ("400", "401", "403", "404", "422")}
    sent = {"requestBody": {"required": True, "content": {"application/json": {"schema": body}}}} if body else {}
    return {**sent, **more, "responses": answers}


CONTRACT = {
    "openapi": "3.0.3",
    "info": {"title": "Members", "version": "1"},
    "security": [{"bearer": []}],
    "paths": {
        "/me": {"get": operation()},
        "/users/{userId}": {"parameters": [ID], "get": operation(), "patch": operation(CHANGES)},
        "/users/{userId}/role": {
            "parameters": [ID],
            "put": operation({"type": "object", "required": ["role"], "properties": {"role": ROLE}}),
        },
    },
    "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
}


class Members:
    """The service; at `hole`, a method, users may change their roles."""

    def __init__(self, hole):
        self.hole = hole
        self.people = {f"u-{name}": {"id": f"u-{name}", "name": name, "role": "member"} for name in TOKENS}

    def app(self):
        item = Route("/users/{id}", self.one, methods=["GET", "PATCH"])
        return Starlette(routes=[Route("/me", self.one), item, Route("/users/{id}/role", self.one, methods=["PUT"])])

    async def one(self, request):
        sent = request.headers.get("authorization", "")
        user = next((f"u-{name}" for name, token in TOKENS.items() if sent == f"Bearer {token}"), None)
        if user is None or request.path_params.get("id", user) != user:
            return JSONResponse({}, 401 if user is None else 404)
        person = self.people[user]
        if request.method in {"PATCH", "PUT"}:
            given = await request.json()
            if given.get("role", person["role"]) != person["role"] and request.method != self.hole:
                return JSONResponse({}, 403)
            person.update({name: value for name, value in given.items() if name in {"name", "role"}})
        return JSONResponse(person)


@pytest.mark.parametrize(
    ("hole", "found"), [("", []), ("PATCH", ["PATCH /users/{userId}"]), ("PUT", ["PUT /users/{userId}/role"])]
)
def test_a_role_that_a_user_gives_itself_under_its_id_is_found_and_taken_back(hole, found):
    service = Members(hole)
    ana, ben = (Entry(scheme="bearer", value=TOKENS[name]) for name in TOKENS)
    with toy.serving(service.app()) as url:
        chosen = Options(url=url, seed=1, phases=(SECURITY,), security=True, without=("no_*", "time_*", "cors_*"))
        report = plan(Contract(CONTRACT, (ana,), others=(ben,)), chosen).run(Quiet())

    assert [one.check for one in report.findings] == ["roles_are_not_taken"] * len(found)
    assert [one.operation for one in report.findings] == found
    assert {person["role"] for person in service.people.values()} == {"member"}
