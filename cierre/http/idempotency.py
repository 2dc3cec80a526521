"""Idempotency-Key: the first answer again, for a client whose answer was lost (draft-ietf-httpapi-idempotency-key)."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

import orjson

from cierre.errors import CierreError, IdempotencyKeyInFlight, IdempotencyKeyReused
from cierre.http import answers
from cierre.http.answers import Answer
from cierre.http.request import Request
from cierre.outcomes import Outcome
from cierre.settings import HOUR, MINUTE
from cierre.storage.repositories import idempotency

HEADER = "idempotency-key"
KEPT = 24 * HOUR
# A node that dies between the claim and the answer gives the key back after this.
IN_FLIGHT = MINUTE
# Of this request, not of the first one.
_FRESH = frozenset({"X-Trace-Id", "Vary", "RateLimit", "RateLimit-Policy", "Deprecation", "Sunset", "Link"})


async def once(request: Request, run: Callable[[], Awaitable[Outcome]]) -> None:
    """Run the handler, or give its first answer again.

    Raises:
        IdempotencyKeyReused: the key came with another request before (422).
        IdempotencyKeyInFlight: the first one is not answered yet (409).
    """
    key = request.headers[HEADER]
    assert request.principal is not None
    # Its session's, whichever of its tokens it came with.
    principal = request.principal.session_id
    async with request.context() as context:
        first = await idempotency.claim(
            context.tx, principal, key, fingerprint=_fingerprint(request), expires_at=context.now + IN_FLIGHT
        )
    if not first:
        request.answer = await _replayed(request, principal, key)
        request.replayed = True
        return
    try:
        answer = await _answer(request, run)
    except BaseException:
        # Nothing was decided: a retry begins anew.
        async with request.context() as context:
            await idempotency.release(context.tx, principal, key)
        raise
    async with request.context() as context:
        await idempotency.finish(context.tx, principal, key, answer=_packed(answer), expires_at=context.now + KEPT)
    request.answer = answer


async def _answer(request: Request, run: Callable[[], Awaitable[Outcome]]) -> Answer:
    try:
        return answers.success(request, await run())
    except CierreError as error:
        if error.status >= 500 or error.status == 429:
            raise
        return answers.failure(request, error)


async def _replayed(request: Request, principal: str, key: str) -> Answer:
    async with request.context() as context:
        row = await idempotency.find(context.tx, principal, key)
    if row is not None and row["fingerprint"] != _fingerprint(request):
        raise IdempotencyKeyReused
    if row is None or row["answer"] is None:
        raise IdempotencyKeyInFlight
    status, headers, body = orjson.loads(row["answer"])
    return Answer(status, answers.common(request) + [(name, value) for name, value in headers], body.encode())


def _packed(answer: Answer) -> str:
    headers = [header for header in answer.headers if header[0] not in _FRESH]
    return orjson.dumps([answer.status, headers, answer.body.decode()]).decode()


def _fingerprint(request: Request) -> str:
    canonical = orjson.dumps([request.method, request.path, request.json], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).hexdigest()
