from __future__ import annotations

from typing import Any

from cierre.dialects import oauth as rendering
from cierre.domain import oauth
from cierre.http.request import Request
from cierre.outcomes import NO_STORE, StandardDocument, WithHeaders

Json = dict[str, Any]


async def revoke_token(body: Json, request: Request) -> WithHeaders[StandardDocument]:
    async with request.context() as context:
        client = await oauth.authenticate_client(context, request.headers.get("authorization"), body)
        await oauth.revoke(context, request.services.issuer, client, body["token"])
    return WithHeaders(StandardDocument(None), NO_STORE)


async def introspect_token(body: Json, request: Request) -> WithHeaders[StandardDocument]:
    async with request.context() as context:
        token = await oauth.introspect(context, request.services.issuer, request.headers.get("authorization"), body)
    return WithHeaders(StandardDocument(rendering.introspection(token)), NO_STORE)


async def exchange_token(body: Json, request: Request) -> WithHeaders[StandardDocument]:
    async with request.context() as context:
        client = await oauth.authenticate_client(context, request.headers.get("authorization"), body)
        issued = await oauth.refresh_grant(context, request.services.issuer, client, body)
    return WithHeaders(StandardDocument(rendering.token_response(issued)), NO_STORE)


async def authorization_server_metadata(request: Request) -> WithHeaders[StandardDocument]:
    metadata = rendering.metadata(request.services.settings.issuer)
    return WithHeaders(StandardDocument(metadata), (("Cache-Control", "public, max-age=3600"),))
