"""The contract holds: the service on both databases, each audience's view, and the mock."""

import os
import subprocess
import sys

import pytest

DIALECTS = ("session", "envelope", "respuesta", "dto", "plain")


def test_the_service_keeps_the_contract(serve, database_url, holds):
    holds(serve(database_url, "--demo").url)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_service_keeps_each_view_at_its_host(real, holds, dialect):
    holds(real.url, "--dialect", dialect)


def test_the_mock_keeps_the_contract_as_far_as_examples_go(mock, holds):
    holds(mock())


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_mock_keeps_each_view(mock, holds, dialect):
    holds(mock("--dialect", dialect), "--dialect", dialect)


def test_the_stateful_mock_keeps_the_contract_and_its_rules(mock, holds):
    holds(mock("--stateful"))


@pytest.mark.parametrize("defects", ["seeded", "strangers"])
def test_every_defect_is_found(real, defects):
    command = [sys.executable, "-m", "contract_tests.defects", real.url, "--set", defects]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CIERRE_")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=3600)
    sys.stdout.write(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
