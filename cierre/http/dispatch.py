"""The application that calls the handlers. What each takes is read from its signature once, at start."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware
from connexion.operations import AbstractOperation
from starlette.types import ASGIApp, Receive, Scope, Send

from cierre.errors import RouteNotFound, TransactionConflict
from cierre.http import counting
from cierre.http.arguments import Arguments, Handler
from cierre.http.idempotency import HEADER, once
from cierre.http.request import REQUEST, Request
from cierre.outcomes import Outcome

# How often a handler is called whose transaction was undone for another one.
_TRIES = 3


class HandlerOperation:
    """One operation's handler."""

    def __init__(self, operation: AbstractOperation) -> None:
        self._handler: Handler = operation.function
        self._arguments = Arguments(self._handler, operation.parameters)
        self._may_be_empty = "204" in operation.responses

    async def __call__(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        request: Request = scope[REQUEST]
        await counting.before_handling(request)
        request.may_be_empty = self._may_be_empty
        if request.keeps_answers and HEADER in request.headers:
            await once(request, partial(self._run, request))
        else:
            request.outcome = await self._run(request)

    async def _run(self, request: Request) -> Outcome:
        """Call the handler; again, where the database undid its transaction for another one."""
        for _ in range(_TRIES - 1):
            with suppress(TransactionConflict):
                return await self._handler(**self._arguments.of(request))
        return await self._handler(**self._arguments.of(request))


class HandlerAPI(RoutedAPI[HandlerOperation]):
    """Connexion's way to make one `HandlerOperation` an operation."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_paths()

    def make_operation(self, operation: AbstractOperation) -> HandlerOperation:
        return HandlerOperation(operation)


class Terminal(RoutedMiddleware[HandlerAPI]):
    """The end of the stack: there is no application behind it."""

    api_cls = HandlerAPI

    def __init__(self) -> None:
        super().__init__(_nothing)


async def _nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise RouteNotFound


NOTHING: ASGIApp = _nothing
