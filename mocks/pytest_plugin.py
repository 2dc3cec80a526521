"""A mock server for tests, as a pytest fixture.

def test_logout(cierre_mock):
    mock = cierre_mock("openapi.yaml", token="secret")
    response = httpx.post(f"{mock.url}/api/v1/auth/logout", headers={"Authorization": "Bearer secret"})
    assert response.status_code == 200
    assert mock.calls[0].reply.why.startswith("example")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cierre.mocks.client import MockClient
    from cierre.mocks.serving.threaded import ThreadedMock


@pytest.fixture
def cierre_mock() -> Iterator[Callable[..., ThreadedMock]]:
    """A function that starts a mock, which ends with the test; its arguments are those of `cierre.mocks.mock_app`."""
    # pytest imports this module in every run: what the fixture needs is imported when a test uses it.
    from cierre.mocks import mock_app  # noqa: PLC0415
    from cierre.mocks.serving.threaded import ThreadedMock  # noqa: PLC0415

    with ExitStack() as stack:
        yield lambda *spec, **options: stack.enter_context(ThreadedMock(mock_app(*spec, **options)))


@pytest.fixture
def cierre_session() -> Iterator[Callable[[str], MockClient]]:
    """A function that gives a client of a running mock by its URL, with a session of its own: tests do not meet.

    What the test sends carries the client's `headers`. At its end the session's answers and requests go.
    """
    from uuid import uuid4  # noqa: PLC0415 - as above

    from cierre.mocks.client import MockClient  # noqa: PLC0415

    with ExitStack() as stack:

        def client(url: str) -> MockClient:
            one = stack.enter_context(MockClient(url, session=uuid4().hex))
            stack.callback(one.forget)
            stack.callback(one.clear)
            return one

        yield client
