"""What several tests of HTTP need."""

import pytest

from cierre.settings import network


@pytest.fixture
async def limited(start_service, database_url):
    """A service whose limits are on, and which believes X-Forwarded-For."""
    return await start_service(database_url, rate_limit="on", trusted_proxies=(network("127.0.0.1"),))
