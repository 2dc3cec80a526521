"""Seeded defects: realistic faults, each of which `cierre contract` has to find."""
