"""A client of a running mock: sets its answers, waits for calls, and verifies them.

with MockClient("http://127.0.0.1:4010") as mock:
    mock.answer("createBooking", status=409, times=1)
    …
    mock.verify("createBooking", times=1, body={"seats": 2})
"""

from __future__ import annotations

from typing import Any, Self

import httpx

_SECONDS = 10.0
# Beside what the mock itself waits.
_MARGIN = 5.0


class MockClient:
    """Asks the routes of one mock under `/__mock/`.

    Args:
        url: of the mock, without a trailing slash.
        session: a name for the field `Mock-Session`: answers are then set for the requests that carry it, and only they
            are listed, waited for and verified, and they have a state of their own; None: everybody's.
        transport: of httpx, for a mock in this process.

    Attributes:
        headers: that requests to the mock carry to be of this session.
    """

    def __init__(self, url: str, *, session: str | None = None, transport: httpx.BaseTransport | None = None) -> None:
        self.headers = {"Mock-Session": session} if session is not None else {}
        self._http = httpx.Client(base_url=f"{url}/__mock", headers=self.headers, transport=transport, timeout=_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def answer(self, operation: str, **answer: Any) -> None:
        """Set an answer of an operation, before those that are set.

        Args:
            operation: its operationId, or method and path.
            answer: `status`, `example`, `body`, `headers`, `delay`, `fault`, `times`, as /__mock/api.json has them.

        Raises:
            ValueError: the document has no such operation, status or example; the message says what it has.
        """
        self._ask("POST", "/answers", params={"operation": operation}, json=answer)

    def answers(self, operation: str, *answers: dict[str, Any]) -> None:
        """Set the answers of an operation, in this order, instead of those that are set.

        Raises:
            ValueError: as `answer` does.
        """
        self._ask("PUT", "/answers", params={"operation": operation}, json={"answers": list(answers)})

    def clear(self, operation: str | None = None) -> None:
        """Let the mock choose the answers of an operation again; of all where none is named."""
        self._ask("DELETE", "/answers", params={"operation": operation} if operation is not None else {})

    def calls(self, operation: str | None = None, *, after: int = 0, limit: int = 1000) -> list[dict[str, Any]]:
        """The last requests, newest first, as `GET /__mock/calls` lists them."""
        return self._calls(operation, after, limit, 0)

    def call(self, number: int) -> dict[str, Any]:
        """One request in full, with its answer.

        Raises:
            ValueError: it is not kept.
        """
        found: dict[str, Any] = self._ask("GET", f"/calls/{number}").json()
        return found

    def wait_for(self, operation: str | None = None, *, after: int = 0, seconds: float = _SECONDS) -> dict[str, Any]:
        """The newest request, as soon as there is one; in full.

        Args:
            operation: that it is for; any where it is None.
            after: only one with a higher number.
            seconds: to wait, 60 at the most.

        Raises:
            TimeoutError: there was none.
        """
        found = self._calls(operation, after, 1, seconds)
        if not found:
            raise TimeoutError(f"{operation or 'the mock'} was not called within {seconds:g} seconds")
        return self.call(found[0]["number"])

    def verify(self, operation: str | None = None, **expected: Any) -> None:
        """Do nothing if it was called as expected.

        Args:
            operation: that is meant; any where it is None.
            expected: `times`, or `atLeast` and `atMost`; `method`, `path`, `query`, `headers`, `status`, `body`.

        Raises:
            AssertionError: it was not; the message says how often it was.
            ValueError: the document has no such operation.
        """
        named = {"operation": operation} if operation is not None else {}
        verdict = self._ask("POST", "/verify", json=named | expected).json()
        if not verdict["verified"]:
            raise AssertionError(verdict["message"])

    def scenarios(self, *names: str) -> None:
        """Let these scenarios be on, each from its beginning, and no others.

        Raises:
            ValueError: there is no such scenario; the message says which there are.
        """
        self._ask("PUT", "/scenarios", json={"on": list(names)})

    def reset_scenarios(self) -> None:
        """Let the scenarios that are on begin anew."""
        self._ask("POST", "/scenarios/reset")

    def forget(self) -> None:
        """Keep none of the requests so far."""
        self._ask("DELETE", "/calls")

    def state(self) -> dict[str, list[dict[str, Any]]]:
        """All that a mock that keeps state keeps: each collection with its things.

        Raises:
            ValueError: it keeps none.
        """
        found: dict[str, list[dict[str, Any]]] = self._ask("GET", "/state").json()
        return found

    def keep(self, things: dict[str, list[dict[str, Any]]]) -> None:
        """Keep these things instead, as `state` gives them.

        Raises:
            ValueError: the mock keeps no state, or not these; the message says what it has.
        """
        self._ask("PUT", "/state", json=things)

    def reset(self) -> None:
        """Let a mock that keeps state begin anew.

        Raises:
            ValueError: it keeps none.
        """
        self._ask("POST", "/reset")

    def _calls(self, operation: str | None, after: int, limit: int, seconds: float) -> list[dict[str, Any]]:
        wanted: dict[str, Any] = {"after": after, "limit": limit, "wait": seconds}
        if operation is not None:
            wanted |= {"operation": operation}
        answer = self._ask("GET", "/calls", params=wanted, timeout=seconds + _MARGIN)
        found: list[dict[str, Any]] = answer.json()["calls"]
        return found

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        answer = self._http.request(method, path, **more)
        if answer.status_code in {400, 404, 422}:
            raise ValueError(answer.json()["detail"])
        answer.raise_for_status()
        return answer
