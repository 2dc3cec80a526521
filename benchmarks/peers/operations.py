"""The life of a session: what a peer may have natively, how it is asked for, and how to see that it was done."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from benchmarks.load import Request
from benchmarks.peers.base import Peer

OPERATIONS = (
    "login",
    "login_cheap",
    "refresh",
    "check",
    "introspection",
    "list",
    "logout",
    "logout_elsewhere",
    "logout_all",
    "forced_logout",
)
"""In the order in which they are measured. `login_cheap` is a login with a password hash that costs next to nothing,
`logout_elsewhere` a logout with a signed token that another node of the same service issued.
"""

SESSIONS_OF_ONE = 5
"""Open sessions of a user whose sessions are listed, or closed together."""
PASSWORD = "cierre-benchmark"
STRONG = range(100)
"""Users with a password, by number, hashed as the peer hashes it."""
CHEAP = range(100, 1100)
"""The same, with the hash that costs next to nothing."""
ASKED = 2000
"""Open sessions that are asked for again and again, in turn."""


@dataclass(frozen=True)
class Attempt:
    """A request, and those that must be refused once it has succeeded."""

    request: Request
    dead: tuple[Request, ...] = ()


@dataclass(frozen=True)
class Operation:
    """One operation of one peer.

    Attributes:
        attempts: makes so many of a number, in the store itself, before the clock runs.
        once: each attempt is used up by its success; otherwise they are sent in turn, again and again.
        count: SQL of a number in the store that a success makes greater by `each`; "": it leaves nothing there.
        audited: audit rows that a success leaves; None: it leaves none anywhere.
    """

    attempts: Callable[[int], list[Attempt]]
    once: bool = True
    count: str = ""
    each: int = 1
    audited: int | None = None


P = TypeVar("P", bound=Peer)


class Life(ABC, Generic[P]):
    """What one peer has of it.

    Attributes:
        cheap_hash: environment of a second server on the same store, whose password hash costs next to nothing; none:
            the peer has no passwords.
        port: of the server, once it runs.
    """

    cheap_hash: ClassVar[Mapping[str, str]] = {}
    port = 0

    def __init__(self, peer: P) -> None:
        self.peer = peer

    def prepare(self) -> None:
        """Give `STRONG` and `CHEAP` their passwords, and whatever else the store needs; before the servers start."""

    @abstractmethod
    def operations(self) -> dict[str, Operation]:
        """Those that the peer has, by the names of `OPERATIONS`; its servers run, and the clock doesn't."""


def again_and_again(requests: Sequence[Request], count: str = "", audited: int | None = None) -> Operation:
    """An operation that uses nothing up."""
    attempts = [Attempt(request) for request in requests]
    return Operation(lambda _: attempts, once=False, count=count, audited=audited)


def accepted(status: int, body: bytes) -> bool:
    """Whether an answer means that the token is good: a success, and neither `null` nor `{"active": false}`."""
    if status >= 400:
        return False
    answer = json.loads(body) if body else {}
    return answer is not None and not (isinstance(answer, dict) and answer.get("active") is False)
