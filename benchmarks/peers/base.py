"""What every peer that closes sessions can do for the benchmark."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from benchmarks.database import Store
from benchmarks.load import Request
from benchmarks.processes import Command

USERS = 10_000
"""The sessions of a run belong to so many people, in turn."""


@dataclass(frozen=True)
class Ticket:
    """One open session: the request that closes it, and one that only an open session may make."""

    logout: Request
    use: Request


class Peer(ABC):
    """A server whose logout is measured; `prepare`, then `command`, then `mint` as often as needed."""

    name: ClassVar[str]
    label: ClassVar[str]
    audit_table: ClassVar[str] = "peer_audit"

    def __init__(self, store: Store) -> None:
        self.store = store

    @abstractmethod
    def prepare(self) -> None:
        """Create the tables and whatever the sessions belong to."""

    @abstractmethod
    def command(self, port: int, workers: int) -> Command:
        """How the server is started."""

    @abstractmethod
    def mint(self, count: int) -> list[Ticket]:
        """Open that many sessions, in the store itself, before any clock runs."""

    def accepts(self, status: int, body: bytes) -> bool:
        """Whether an answer to `Ticket.use` means that the session is open."""
        del body
        return status < 400

    def audit_rows(self) -> int:
        return int(self.store.execute(f"SELECT count(*) FROM {self.audit_table}"))
