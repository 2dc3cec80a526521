"""One probe: what is changed in a well-formed request, and what the answer must be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cierre.contract_tests.exchanges import Chunks

UNAUTHENTICATED = frozenset({401, 403})
UNSUPPORTED = frozenset({415})
MALFORMED = frozenset({400, 422})
# What an operation may have to say before it looks at the form of the request: there is nothing like that here.
OUTCOMES = frozenset({401, 403, 404, 409, 410, 412, 423, 428})
# Statuses that say that something is wrong with the form of the request.
COMPLAINTS = frozenset({400, 411, 413, 415, 422})

# The kind of probes whose body is as usual.
OTHER_TYPE = "a parameter of the type"

Headers = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class Probe:
    """One request that must be refused, or, where `refused` is empty, must be accepted.

    One that need not be either (`anything`) must get an answer that is no server's error.

    Attributes:
        kind: what it is about; an operation has one finding a kind.
        name: this one of its kind.
        headers: sent as they are, over everything else; None leaves a header out.
        body: raw bytes instead of the example; None keeps the example.
        method: another method than the operation's.
        refused: statuses of which one must come, where the contract documents one of them.
        clause: what is broken if it is not refused.
        query: put into the query in the place of what stands there; None leaves a parameter out.
        parameters: place, name and value of parameters, in the place of those of the well-formed request.
        anything: a refusal will do as well as anything else.
        value: what is unusual about the value of a parameter or member, such as `NUL`.
        member: the member of the body that has it; empty where it is the body itself, or no body.
    """

    kind: str
    name: str
    refused: frozenset[int]
    clause: str
    headers: Headers = ()
    body: bytes | Chunks | None = None
    method: str | None = None
    query: tuple[tuple[str, str | None], ...] = ()
    parameters: tuple[tuple[str, str, Any], ...] = ()
    anything: bool = False
    value: str = ""
    member: str = ""

    @property
    def places(self) -> frozenset[str]:
        """What of the request may make a server fail: the only parts that are not as usual."""
        parts = {f"{name} ({place})" for place, name, _ in self.parameters}
        parts |= {f"{name} (query)" for name, _ in self.query} | {f"{name} (header)" for name, _ in self.headers}
        if isinstance(self.body, Chunks):
            parts = {"Transfer-Encoding (header)"}
        elif self.body is not None and self.kind != OTHER_TYPE:
            # The media type says what the body is.
            parts -= {f"{name} (header)" for name, _ in self.headers if name == "Content-Type"} if self.body else set()
            parts.add(f"{self.member} (body)" if self.member else "the body")
        if self.method is not None:
            parts = {"the method"}
        return frozenset(parts | ({self.value} if self.value else set()))
