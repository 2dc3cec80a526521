"""What is tested where the server implements Cierre's own contract: an extension of a run, with a contract of its own.

A state machine closes sessions in every way there is, and compares the server with a model after each step.
"""
