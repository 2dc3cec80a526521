"""Whom the service takes a request to be from: the peer, or what its trusted proxies say."""

import pytest

from cierre.http.request import client_address
from cierre.settings import network
from tests.support.running import running

PROXY = "127.0.0.1"
TRUSTED = (network("127.0.0.1"), network("10.0.0.0/8"), network("fe80::/10"))


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        (PROXY, None, PROXY),
        (PROXY, "", PROXY),
        (PROXY, "203.0.113.9", "203.0.113.9"),
        (PROXY, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (PROXY, "203.0.113.9, 10.1.1.1", "203.0.113.9"),
        (PROXY, "203.0.113.9:5123, [::1]:80", "::1"),
        ("203.0.113.9", "6.6.6.6", "203.0.113.9"),
        # A server on `::` sees its IPv4 clients so.
        ("::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "6.6.6.6", "203.0.113.9"),
        (PROXY, "203.0.113.9, ::ffff:10.1.1.1", "203.0.113.9"),
        # A zone is the machine's own.
        ("fe80::1%eth0", "203.0.113.9", "203.0.113.9"),
        (PROXY, "2001:db8::1%" + "z" * 60, "2001:db8::1"),
        # What is no address ends it: what stands before it is anybody's word.
        (PROXY, "6.6.6.6, unknown", PROXY),
        (PROXY, "6.6.6.6, unknown, 10.1.1.1", "10.1.1.1"),
        (PROXY, "6.6.6.6,", PROXY),
        (PROXY, "6.6.6.6, 1.2.3.4.5", PROXY),
        (PROXY, "6.6.6.6, 203.0.113.9%x", "203.0.113.9"),
        (PROXY, "6.6.6.6" + ", 10.1.1.1" * 5000, "10.1.1.1"),
        (None, "6.6.6.6", None),
        ("/run/cierre.sock", "6.6.6.6", "/run/cierre.sock"),
    ],
)
def test_the_client_is_the_last_address_that_no_trusted_proxy_added(peer, forwarded_for, client):
    assert client_address((peer, 1) if peer else None, forwarded_for, TRUSTED) == client


async def test_no_forwarded_address_is_a_server_error(make_settings, database_url):
    """PostgreSQL has no address with a zone."""
    settings = make_settings(database_url, trusted_proxies=TRUSTED)
    async with running(settings) as service:
        for hop in ("fe80::1%" + "z" * 60, "unknown", "::ffff:1.2.3.4", "[", "%", "1.2.3.4, %", "x" * 9000):
            (session,) = await service.mint()
            assert (await service.logout(session.access, **{"X-Forwarded-For": hop})).status_code == 200
        recorded = {row["ip_address"] for row in await service.audit()}
    assert {str(address).partition("/")[0] for address in recorded} == {"fe80::1", "127.0.0.1", "1.2.3.4"}
