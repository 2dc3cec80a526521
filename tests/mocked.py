"""What tests of the mock share: a client to a mock in process, and small documents."""

from contextlib import asynccontextmanager

import httpx

from mocks import mock_app


@asynccontextmanager
async def client_of(spec=None, **options):
    """An HTTP client to a mock of the document; no network."""
    transport = httpx.ASGITransport(app=mock_app(spec, **options))
    async with httpx.AsyncClient(transport=transport, base_url="http://mock") as client:
        yield client


def document(paths, version="3.0.3", **more):
    return {"openapi": version, "paths": paths, **more}


def answering(schema=None, *, method="get", path="/x", status="200", operation=None, version="3.0.3", **media):
    """A document with one operation that answers JSON."""
    if schema is not None:
        media["schema"] = schema
    node = {"responses": {status: {"description": "", "content": {"application/json": media}}}, **(operation or {})}
    return document({path: {method: node}}, version)
