"""The contract holds: the service on both databases, and each audience's view at its host."""


def test_the_service_keeps_the_contract(serve, database_url, holds, examples):
    holds(serve(database_url, "--demo").url, examples)


def test_the_service_keeps_each_view_at_its_host(real, holds, view):
    dialect, examples = view
    holds(real.url, examples, dialect=dialect)
