"""The same work without Connexion: bare Starlette, the body checked by hand. What SQLAlchemy costs by itself."""

import json

import jwt
import store
import tokens
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

sessions = store.connect()
FIELDS = {"logoutAll": bool, "deviceId": str}


def principal(request: Request) -> dict[str, str] | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        return tokens.verify(token) if scheme.lower() == "bearer" else None
    except jwt.InvalidTokenError:
        return None


def valid(raw: bytes) -> bool:
    try:
        body = json.loads(raw) if raw else {}
    except ValueError:
        return False
    return isinstance(body, dict) and all(
        name in FIELDS and isinstance(value, FIELDS[name]) for name, value in body.items()
    )


async def logout(request: Request) -> Response:
    claims = principal(request)
    if claims is None:
        return JSONResponse({"code": "INVALID_ACCESS_TOKEN"}, 401)
    if not valid(await request.body()):
        return JSONResponse({"code": "VALIDATION_ERROR"}, 400)
    async with sessions() as db:
        answer = await store.logout(db, claims["sid"])
    return JSONResponse(answer) if answer else JSONResponse({"code": "SESSION_NOT_FOUND"}, 404)


async def me(request: Request) -> Response:
    claims = principal(request)
    if claims is None:
        return Response(status_code=401)
    async with sessions() as db:
        denied = await store.is_denied(db, claims["sid"])
    return Response(status_code=401) if denied else JSONResponse({"id": claims["sub"]})


app = Starlette(routes=[Route("/api/v1/auth/logout", logout, methods=["POST"]), Route("/me", me)])
