"""A limit: bare Starlette that reads the body and answers with a constant. It validates and routes nothing."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

ANSWER = {
    "success": True,
    "message": "Sesión cerrada exitosamente",
    "data": {
        "logout": {
            "sessionsClosed": 1,
            "deviceIds": ["550e8400-e29b-41d4-a716-446655440000"],
            "logoutType": "single_device",
            "loggedOutAt": "2025-09-25T15:30:00.000Z",
        },
        "user": {"id": "64f8a123b456c789d012e345", "email": "usuario@ejemplo.com", "activeSessions": 2},
    },
}


async def logout(request: Request) -> JSONResponse:
    await request.json()
    return JSONResponse(ANSWER)


app = Starlette(routes=[Route("/api/v1/auth/logout", logout, methods=["POST"])])
