"""What only bytes on a connection can say."""

import socket
from urllib.parse import urlsplit

import pytest

from tests.support.running import ADMIN, bearer


@pytest.mark.parametrize(
    ("request_line", "hosts", "status"),
    [
        ("GET /health/live HTTP/1.1", ["Host: x"], 200),
        ("GET /health/live HTTP/1.1", ["Host: x", "Host: y"], 400),
        ("GET /health/live HTTP/1.1", [], 400),
        ("GET /health/live HTTP/1.0", [], 200),
    ],
)
def test_a_request_has_one_host(real, request_line, hosts, status):
    """RFC 9112, section 3.2; and the host decides the dialect."""
    where = urlsplit(real.url)
    raw = "\r\n".join([request_line, *hosts, "Connection: close", "", ""])
    with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
        connection.sendall(raw.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.split(b" ", 2)[1] == str(status).encode()


@pytest.mark.parametrize("name", ["from", "to"])
async def test_a_year_that_no_calendar_has_is_told(service, name):
    admin = (await service.login(ADMIN))["accessToken"]
    answer = await service.client.get(f"/api/v1/admin/audit-events?{name}=0000-01-01T00:00:00Z", headers=bearer(admin))
    assert answer.status_code == 400
    assert f"/{name}" in answer.text
