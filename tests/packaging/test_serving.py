"""The wheel, installed elsewhere, answers."""

import httpx
import pytest

from tests.support.commands import clean_environment
from tests.support.running import Node, bearer, free_port, login_over_http


@pytest.fixture
def started():
    """`started(environment, "mock", …)`: one of `cierre`'s servers, from an environment, until the test ends."""
    nodes = []

    def start(environment, *command):
        port = free_port()
        log = environment.elsewhere / f"{command[0]}.log"
        program = [str(environment.bin / "cierre"), *command, "--host", "127.0.0.1", "--port", str(port)]
        nodes.append(Node(program, port, log, clean_environment()))
        return nodes[-1]

    yield start
    for node in nodes:
        node.stop(5)


def test_the_mock_answers_from_the_base(base, started):
    mock = started(base, "mock", "--token", "secret")
    answer = httpx.post(f"{mock.url}/api/v1/auth/logout", headers=bearer("secret"))
    assert answer.status_code == 200
    assert answer.json()["success"] is True


def test_the_service_answers_with_its_extra(service, started, tmp_path):
    node = started(service, "serve", "--demo", "--data-dir", str(tmp_path / "data"))
    token = login_over_http(node)["accessToken"]
    assert httpx.post(f"{node.url}/api/v1/auth/logout", headers=bearer(token)).status_code == 200
    assert httpx.post(f"{node.url}/api/v1/auth/logout", headers=bearer(token)).status_code == 404
