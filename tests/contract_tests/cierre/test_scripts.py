"""The sequences that every run sends."""

from cierre.contract_tests.cierre.machine.machine import SessionMachine
from cierre.contract_tests.cierre.scripts import scripts


def test_every_rule_of_closing_a_session_is_in_a_script():
    rules = {name for name in dir(SessionMachine) if hasattr(getattr(SessionMachine, name), "hypothesis_stateful_rule")}
    assert len(rules) > 20
    assert rules == {step[0] for script in scripts() for step in script}
