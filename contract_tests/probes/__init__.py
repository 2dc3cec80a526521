"""Requests that no generator makes, each sent once an operation.

Broken credentials, and bodies in forms that the contract does not have, must be refused as the contract documents it;
what is valid but unusual must be accepted.
"""
