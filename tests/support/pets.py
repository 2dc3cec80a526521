"""A document of pets, as small as it may be and show what Prism answers."""

from tests.support.mocked import document

PET = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
}
CAT, DOG = {"id": 1, "name": "Michi"}, {"id": 2, "name": "Toby"}
ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}


def content(schema=None, **media):
    return {"description": "", "content": {"application/json": {"schema": schema or PET, **media}}}


PETS = document(
    {
        "/pets/{petId}": {
            "get": {
                "parameters": [
                    {"name": "petId", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 9}},
                ],
                "responses": {
                    "200": {
                        "description": "",
                        "headers": {"X-Rate": {"schema": {"type": "integer", "example": 7}}},
                        "content": {
                            "application/json": {
                                "schema": PET,
                                "examples": {"cat": {"value": CAT}, "dog": {"value": DOG}},
                            },
                            "application/xml": {"schema": {**PET, "xml": {"name": "pet"}}, "example": CAT},
                        },
                    },
                    "404": content(ERROR, examples={"gone": {"value": {"error": "gone"}}}),
                },
            },
            "delete": {"deprecated": True, "responses": {"204": {"description": ""}}},
        },
        "/pets": {
            "post": {
                "requestBody": {"required": True, "content": {"application/json": {"schema": PET}}},
                "responses": {"201": content(), "422": content(ERROR), "400": content(ERROR)},
            },
            "put": {
                "requestBody": {"required": True, "content": {"application/json": {"schema": PET}}},
                "responses": {"200": content(), "400": content(ERROR)},
            },
        },
    }
)
ALL = {"Accept": "*/*"}
