"""Schemathesis' requests to the server: one without an answer is noticed, one too many is sent again."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import requests
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.transport.requests import REQUESTS_TRANSPORT, RequestsTransport

from cierre.contract_tests.addresses import certificates, settle
from cierre.contract_tests.silence import SILENT_OR_BROKEN, Line, Unanswered, with_request


class ListeningTransport(RequestsTransport):
    """Schemathesis' transport, with an `Unanswered` where it raises the errors of a network.

    Args:
        phase: returns the phase that the run is in.
    """

    def __init__(self, line: Line, phase: Callable[[], str]) -> None:
        super().__init__()
        self._copy_serializers_from(REQUESTS_TRANSPORT)
        self.line, self.phase = line, phase
        self._last: dict[str, requests.PreparedRequest] = {}

    def send(self, case: Case[Any], *, session: requests.Session | None = None, **kwargs: Any) -> Response:
        """Send the case.

        Raises:
            ServerAway: the server does not come back.
        """
        self.line.check()
        operation, started = case.operation.label, time.time()
        if self.line.gives_up(operation):
            return Unanswered(self._last[operation], 0.0, "given up", sent=False)
        try:
            response = self._sent(case, session, kwargs)
        except SILENT_OR_BROKEN as problem:
            with_request(problem, self.serialize_case(case, **kwargs))
            request, seen = self.line.silent(problem, operation=operation, phase=self.phase(), started=started)
            self._last[operation] = request
            return Unanswered(request, seen.elapsed, seen.reason, sent=True)
        self.line.answered(operation)
        return response

    def _sent(self, case: Case[Any], session: requests.Session | None, arguments: dict[str, Any]) -> Response:
        """The answer; to the last request where the line sends one again."""
        # The engine's own, or ours: either is kept open.
        session = self.line.addresses.session if session is None else session
        settle(session, self.line.url)
        if arguments.get("verify", True) is True:
            arguments = {**arguments, "verify": certificates()}
        for attempt in itertools.count():
            sessions = self.line.addresses
            if sessions.address:
                headers = {**session.headers, **(arguments.get("headers") or {})}
                arguments, session = {**arguments, "headers": headers}, sessions.session
            response = super().send(case, session=session, **arguments)
            retry_after = next(iter(response.headers.get("retry-after") or ()), None)
            if not self.line.again(response.status_code, retry_after, attempt):
                break
        return response
