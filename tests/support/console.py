"""A mock whose API under `/__mock/` is asked, and held to its own document."""

import httpx

from cierre.mocks import mock_app
from cierre.mocks.console import api
from cierre.oas.validation import ResponseValidator
from tests.support.mocked import document

BOOK = {
    "type": "object",
    "required": ["title"],
    "properties": {"title": {"type": "string"}, "pages": {"type": "integer"}},
}
EXAMPLES = {"short": {"value": {"title": "A"}}, "long": {"value": {"title": "B", "pages": 900}}}
JSON = "application/json"
CREATE = {
    "operationId": "createBook",
    "tags": ["books"],
    "deprecated": True,
    "requestBody": {"required": True, "content": {JSON: {"schema": {"$ref": "#/components/schemas/Book"}}}},
    "responses": {
        "201": {"description": "Made", "content": {JSON: {"schema": {"$ref": "#/components/schemas/Book"}}}},
        "409": {
            "description": "Taken",
            "content": {JSON: {"schema": {"type": "object"}, "example": {"error": "taken"}}},
        },
        "default": {"description": "Else"},
    },
}
READ = {
    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
    "responses": {
        "200": {
            "description": "It",
            "content": {JSON: {"schema": {"$ref": "#/components/schemas/Book"}, "examples": EXAMPLES}},
        },
        "404": {"description": "None"},
    },
}
SPEC = document(
    {"/books": {"post": CREATE}, "/books/{id}": {"get": READ}},
    info={"title": "Books", "version": "1"},
    components={"schemas": {"Book": BOOK}},
)
GET = "GET /books/{id}"


class Console:
    """A mock in process; each answer of its API is held to the API's own document."""

    def __init__(self, spec=SPEC, **options):
        self.app = mock_app(spec, **options)
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app=self.app), base_url="http://localhost")

    async def ask(self, method, path, **more):
        answer = await self.http.request(method, f"/__mock/{path}", **more)
        found = api._api().router.find(method.lower(), answer.request.url.path)
        if not isinstance(found, list):
            root = api._api().document.root
            judge = ResponseValidator(root, found.operation.path, found.operation.method)
            assert (
                judge.violations(answer.status_code, answer.headers, answer.headers.get("Content-Type"), answer.content)
                == []
            )
        return answer

    async def answers(self, method="PUT", operation=GET, session=None, **body):
        headers = {"Mock-Session": session} if session else {}
        return await self.ask(method, "answers", params={"operation": operation}, json=body, headers=headers)
