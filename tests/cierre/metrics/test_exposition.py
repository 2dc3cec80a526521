"""The metrics of several workers are one text; a port of their own serves nothing else."""

import re

import httpx

from tests.support.running import LOGOUT, bearer, free_port

SENT = 24


REFUSED = re.compile(r'^cierre_requests_total\{operation="logout",status="401"\} (\S+)$', re.MULTILINE)


def answers(text):
    return sum(map(float, REFUSED.findall(text)))


def test_whichever_worker_is_asked_tells_of_all(serve, sqlite_url):
    port = free_port()
    node = serve(sqlite_url, "--workers", "2", "--metrics-port", str(port))
    for _ in range(SENT):
        httpx.post(node.url + LOGOUT, headers=bearer("nothing"))
    # Each request has a connection of its own, and goes to either worker.
    assert [answers(httpx.get(f"{node.url}/metrics").text) for _ in range(6)] == [SENT] * 6
    apart = httpx.get(f"http://localhost:{port}/metrics")
    assert answers(apart.text) == SENT
    assert "cierre_feed_age_seconds " in apart.text
    node.stop()


def test_one_process_has_a_port_for_its_metrics_too(serve, sqlite_url):
    port = free_port()
    node = serve(sqlite_url, "--metrics-port", str(port), CIERRE_METRICS_TOKEN="secret")
    assert httpx.get(f"{node.url}/metrics").status_code == 401
    opened = {"Accept": "application/openmetrics-text"}
    answer = httpx.get(f"http://localhost:{port}/metrics", headers=opened)
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    assert 'cierre_requests_total{operation="metrics",status="401"} 1.0' in answer.text
