"""Seeded defects: realistic faults of a server, each of which `cierre contract` has to find.

One module a subject; `catalogue` lists them, `proxy` puts one in front of a server, and `python -m
cierre.contract_tests.defects` tries them one after the other.
"""
