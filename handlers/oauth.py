from __future__ import annotations

from typing import Any

from cierre.domain import oauth
from cierre.http.request import Request
from cierre.outcomes import NO_STORE, Document

Json = dict[str, Any]


async def revoke_token(body: Json, request: Request) -> Document:
    async with request.context() as context:
        client = await oauth.authenticate_client(context, request.headers.get("authorization"), body)
        await oauth.revoke(context, request.services.issuer, client, body["token"])
    return Document(None, headers=NO_STORE)


async def introspect_token(body: Json, request: Request) -> Document:
    async with request.context() as context:
        await oauth.authenticate_confidential_client(context, request.headers.get("authorization"), body)
        answer = await oauth.introspect(context, request.services.issuer, body["token"])
    return Document(answer, headers=NO_STORE)


async def exchange_token(body: Json, request: Request) -> Document:
    async with request.context() as context:
        client = await oauth.authenticate_client(context, request.headers.get("authorization"), body)
        answer = await oauth.exchange(context, request.services.issuer, client, body)
    return Document(answer, headers=NO_STORE)


async def authorization_server_metadata(request: Request) -> Document:
    return Document(oauth.metadata(request.services.settings), headers=(("Cache-Control", "public, max-age=3600"),))
