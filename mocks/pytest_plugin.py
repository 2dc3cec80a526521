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
    from cierre.mocks.serving.threaded import ThreadedMock


@pytest.fixture
def cierre_mock() -> Iterator[Callable[..., ThreadedMock]]:
    """A function that starts a mock, which ends with the test; its arguments are those of `cierre.mocks.mock_app`."""
    # pytest imports this module in every run: what the fixture needs is imported when a test uses it.
    from cierre.mocks import mock_app  # noqa: PLC0415
    from cierre.mocks.serving.threaded import ThreadedMock  # noqa: PLC0415

    with ExitStack() as stack:
        yield lambda *spec, **options: stack.enter_context(ThreadedMock(mock_app(*spec, **options)))
