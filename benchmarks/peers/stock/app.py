"""A stock Connexion AsyncApp: its own router, security and validation, and nothing else."""

from typing import Any

import jwt
import store
import tokens
from connexion import AsyncApp

sessions = store.connect()

CLOSED = {
    "status": 404,
    "code": "SESSION_NOT_FOUND",
    "message": "La sesión ya ha sido cerrada o no existe",
    "details": {"sessionStatus": "already_closed"},
}


def bearer(token: str) -> dict[str, str] | None:
    try:
        return tokens.verify(token)
    except jwt.InvalidTokenError:
        return None


async def logout(token_info: dict[str, str], body: dict[str, Any] | None = None) -> tuple[object, int]:
    del body  # validated; this peer closes the caller's own session only
    async with sessions() as db:
        answer = await store.logout(db, token_info["sid"])
    return (answer, 200) if answer else (CLOSED, 404)


async def me(token_info: dict[str, str]) -> tuple[object, int]:
    async with sessions() as db:
        denied = await store.is_denied(db, token_info["sid"])
    return ({}, 401) if denied else ({"id": token_info["sub"]}, 200)


app = AsyncApp(__name__)
app.add_api("openapi.yaml")
