"""The contract holds: the service on both databases, each audience's view, and the mock."""

import pytest

DIALECTS = ("session", "envelope", "respuesta", "dto", "plain")


def test_the_service_keeps_the_contract(serve, database_url, holds):
    holds(serve(database_url, "--demo").url)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_service_keeps_each_view_at_its_host(real, holds, dialect):
    holds(real.url, dialect=dialect)


def test_the_mock_keeps_the_contract_as_far_as_examples_go(mock, holds):
    holds(mock())


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_mock_keeps_each_view(mock, holds, dialect):
    holds(mock("--dialect", dialect), dialect=dialect)


def test_the_stateful_mock_keeps_the_contract_and_its_rules(mock, holds):
    holds(mock("--stateful"))
