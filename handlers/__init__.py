"""One function an operationId: contract arguments in, domain value out. `module = tag`; no function has an `if`."""
