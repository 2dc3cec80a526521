"""Closing sessions as a state machine: what may be done, and what each answer must be.

`base` begins and logs in, `invariants` says what must hold after each step, and each of the other modules has the rules
about one subject. `machine` puts them together.
"""
