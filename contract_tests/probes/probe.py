"""One probe: what is changed in a well-formed request, and what the answer must be."""

from __future__ import annotations

from dataclasses import dataclass

from cierre.contract_tests.exchanges import Chunks

UNAUTHENTICATED = frozenset({401, 403})
UNSUPPORTED = frozenset({415})
MALFORMED = frozenset({400, 422})
# Statuses that say that something is wrong with the form of the request.
COMPLAINTS = frozenset({400, 411, 413, 415, 422})

Headers = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class Probe:
    """One request that must be refused, or, where `refused` is empty, must be accepted.

    Attributes:
        kind: what it is about; an operation has one finding a kind.
        name: this one of its kind.
        headers: sent as they are, over everything else; None leaves a header out.
        body: raw bytes instead of the example; None keeps the example.
        method: another method than the operation's.
        refused: statuses of which one must come, where the contract documents one of them.
        clause: what is broken if it is not refused.
    """

    kind: str
    name: str
    refused: frozenset[int]
    clause: str
    headers: Headers = ()
    body: bytes | Chunks | None = None
    method: str | None = None
