"""What was deleted is in no list any more, unless the list says that it is deleted."""

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cierre.contract_tests import named
from cierre.contract_tests.listening import Quiet
from cierre.contract_tests.plan import plan
from cierre.contract_tests.run import RESOURCES, Contract, Options
from tests.support import toy

PET = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
ID = {"name": "petId", "in": "path", "required": True, "schema": {"type": "string"}}


def operation(schema, *, status="200", **more):
    content = {"application/json": {"schema": schema}} if schema else {}
    return {"responses": {status: {"description": "", "content": content}, "404": {"description": ""}}, **more}


CONTRACT = {
    "openapi": "3.0.3",
    "info": {"title": "Pets", "version": "1"},
    "paths": {
        "/pets": {
            "get": operation({"type": "array", "items": PET}),
            "post": operation(PET, status="201", requestBody={"content": {"application/json": {"schema": PET}}}),
        },
        "/pets/{petId}": {
            "get": operation(PET, parameters=[ID]),
            "delete": operation(None, status="204", parameters=[ID]),
        },
    },
}


class Pets:
    """`left`: what the list still says of a pet that was deleted; None: it has left the list."""

    def __init__(self, left):
        self.left, self.pets = left, {}

    def app(self):
        one = Route("/pets/{id}", self.one, methods=["GET", "DELETE"])
        return Starlette(routes=[Route("/pets", self.all, methods=["GET", "POST"]), one])

    async def all(self, request):
        if request.method == "GET":
            return JSONResponse([pet for pet in self.pets.values() if not pet["gone"] or self.left is not None])
        number = str(len(self.pets) + 1)
        self.pets[number] = {"id": number, **await request.json(), "gone": ""}
        return JSONResponse(self.pets[number], 201)

    async def one(self, request):
        pet = self.pets.get(request.path_params["id"])
        if pet is None or pet["gone"]:
            return JSONResponse({}, 404)
        if request.method == "GET":
            return JSONResponse(pet)
        pet.update(self.left or {}, gone="yes")
        return Response(b"", 204)


@pytest.mark.parametrize(
    ("left", "expected"), [(None, []), ({"name": "Ghost"}, [named.DELETED_IS_GONE.name]), ({"status": "deleted"}, [])]
)
def test_a_deleted_pet_leaves_the_list_or_is_marked(left, expected):
    with toy.serving(Pets(left).app()) as url:
        found = plan(Contract(CONTRACT), Options(url=url, seed=1, phases=(RESOURCES,))).run(Quiet()).findings

    assert [one.check for one in found] == expected
    assert all(one.summary == "GET /pets still has what DELETE /pets/{petId} deleted." for one in found)
