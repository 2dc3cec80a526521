"""A mock of a small document."""

import pytest

from tests.support.console import Console


@pytest.fixture
def console():
    return Console()
