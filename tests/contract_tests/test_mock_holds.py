"""The contract holds at the mock: the whole, and the view of each audience."""


def test_the_mock_keeps_the_contract_as_far_as_examples_go(mock, holds, fewer_examples):
    holds(mock(), fewer_examples)


def test_the_mock_keeps_each_view(mock, holds, view):
    dialect, examples = view
    holds(mock("--dialect", dialect), examples, dialect=dialect)


def test_the_stateful_mock_keeps_the_contract_and_its_rules(mock, holds, fewer_examples):
    # With CORS it lets a page of any origin read what it answers, which is found.
    holds(mock("--stateful", "--no-cors"), fewer_examples)
