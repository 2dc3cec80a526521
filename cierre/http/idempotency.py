"""Idempotency-Key: the first answer again, for a client whose answer was lost (draft-ietf-httpapi-idempotency-key)."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

import orjson

from cierre.errors import (
    CierreError,
    IdempotencyKeyInFlight,
    IdempotencyKeyReused,
    SessionAlreadyClosed,
    Unauthorized,
)
from cierre.http import answers
from cierre.http.answers import Answer
from cierre.http.kept_outcomes import packed, unpacked
from cierre.http.request import Request
from cierre.outcomes import LogoutResult, Outcome, WithHeaders
from cierre.principal import Principal
from cierre.settings import HOUR, MINUTE
from cierre.storage.repositories import idempotency

# The session is what a key belongs to, whichever of its tokens it came with.
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
        TokenRevoked: the session is closed, and this is no repeat of a request from when it was open (401).
    """
    assert request.principal is not None
    key, principal = _key(request), request.principal
    if request.revoked is not None:
        await _replay(request, principal, key)
        return
    async with request.context() as context:
        first = await idempotency.claim(
            context.tx,
            principal.user_id,
            principal.session_id,
            key,
            fingerprint=_fingerprint(request),
            expires_at=context.now + IN_FLIGHT,
        )
    if first:
        await _answer(request, principal, key, run)
    else:
        await _replay(request, principal, key)


async def is_known(request: Request, principal: Principal) -> bool:
    """Whether the request may be a repeat: its key was used in this session before."""
    if not request.keeps_answers or HEADER not in request.headers:
        return False
    async with request.context() as context:
        return await idempotency.find(context.tx, principal.user_id, principal.session_id, _key(request)) is not None


async def _answer(request: Request, principal: Principal, key: str, run: Callable[[], Awaitable[Outcome]]) -> None:
    try:
        outcome: Outcome | CierreError
        try:
            outcome = await run()
            request.answer = answers.success(request, outcome)
        except CierreError as error:
            outcome = error
            if not _is_kept(request, outcome):
                raise
            request.answer = answers.failure(request, error)
    except BaseException:
        # Nothing was decided: a retry begins anew.
        await _release(request, principal, key)
        raise
    if not _is_kept(request, outcome):
        await _release(request, principal, key)
        return
    async with request.context() as context:
        await idempotency.finish(
            context.tx,
            principal.user_id,
            principal.session_id,
            key,
            answer=_packed(request.answer),
            outcome=packed(outcome),
            expires_at=context.now + KEPT,
            most=request.services.settings.idempotency_answers,
        )


def _is_kept(request: Request, outcome: Outcome | CierreError) -> bool:
    """Whether a repeat would be answered otherwise without it.

    A dead token gets the same answer again and again: kept, it would fill the table with what nobody has authenticated.
    """
    if isinstance(outcome, CierreError):
        dead = isinstance(outcome, (Unauthorized, SessionAlreadyClosed))
        return not dead and outcome.status < 500 and outcome.status != 429
    value = outcome.value if isinstance(outcome, WithHeaders) else outcome
    return not isinstance(value, LogoutResult) or value.sessions_closed > 0 or request.operation not in answers.LOGOUTS


async def _release(request: Request, principal: Principal, key: str) -> None:
    async with request.context() as context:
        await idempotency.release(context.tx, principal.user_id, principal.session_id, key)


async def _replay(request: Request, principal: Principal, key: str) -> None:
    async with request.context() as context:
        row = await idempotency.find(context.tx, principal.user_id, principal.session_id, key)
    if row is None or row["fingerprint"] != _fingerprint(request):
        if request.revoked is not None:
            raise request.revoked
        if row is not None:
            raise IdempotencyKeyReused
    if row is None or row["answer"] is None:
        raise IdempotencyKeyInFlight
    if row["outcome"] is not None:
        request.outcome = unpacked(row["outcome"])
        return
    status, headers, body = orjson.loads(row["answer"])
    fresh = answers.common(request) + [(name, value) for name, value in headers]
    request.answer = Answer(status, fresh, body.encode())
    request.replayed = True


def _key(request: Request) -> str:
    return request.headers[HEADER]


def _packed(answer: Answer) -> str:
    headers = [header for header in answer.headers if header[0] not in _FRESH]
    return orjson.dumps([answer.status, headers, answer.body.decode()]).decode()


def _fingerprint(request: Request) -> str:
    canonical = orjson.dumps([request.method, request.path, request.json], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).hexdigest()
