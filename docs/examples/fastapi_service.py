"""A resource server with FastAPI: `uvicorn fastapi_service:app`.

A session that is closed at the issuer is refused here within milliseconds.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Request
from fastapi.responses import JSONResponse

from cierre.verifier import Access, Refused, Verifier

verifier = Verifier(
    issuer=os.environ.get("CIERRE_ISSUER", "http://localhost:3000"),
    revocations=os.environ.get("CIERRE_REVOCATIONS", "sqlite:///.cierre/cierre.db"),
)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    async with verifier:
        yield


app = FastAPI(lifespan=lifespan)


@app.exception_handler(Refused)
async def refused(_request: Request, error: Refused) -> JSONResponse:
    return JSONResponse({"code": error.code}, error.status, error.headers)


async def caller(authorization: Annotated[str | None, Header()] = None) -> Access:
    return await verifier.verify_header(authorization)


@app.get("/orders")
async def orders(access: Annotated[Access, Depends(caller)]) -> dict[str, str]:
    return {"of": access.user_id, "role": access.role}


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}
