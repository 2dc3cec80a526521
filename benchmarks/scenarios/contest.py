"""Peers that run side by side, each on a store of its own, and take turns at closing sessions."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial

from benchmarks import database, load, machine, processes
from benchmarks.database import Store
from benchmarks.load import Load
from benchmarks.peers.base import Peer, Ticket
from benchmarks.processes import Server
from benchmarks.rounds import Json

FEW, MANY = 16, 64
SAMPLE = 20
FIRST_GUESS = 500.0
HIGHEST_RATE = 12_000.0


class Contestant:
    """A peer that runs, its store, and what has been closed so far."""

    def __init__(self, peer: Peer, store: Store, server: Server) -> None:
        self.peer, self.store, self.server = peer, store, server
        self.guess = FIRST_GUESS
        self.successes = 0
        self.closed: list[Ticket] = []

    def measure(self, connections: int, seconds: float) -> Load:
        """Close sessions for so long; they were opened before the clock started."""
        tickets = self.peer.mint(round(min(self.guess * 1.5, HIGHEST_RATE) * seconds) + 4 * connections)
        self.store.settle()
        requests = (ticket.logout.raw() for ticket in tickets)
        found = load.once_each(
            self.server.port, requests, connections=connections, seconds=seconds, pid=self.server.pid
        )
        self.guess = max(found.rate, self.guess * 0.5)
        self.successes += found.successes
        # They were sent in order, so the first ones surely were.
        self.closed = (tickets[:SAMPLE] + self.closed)[: 2 * SAMPLE]
        return found

    def proof(self) -> Json:
        """Whether what was closed stays closed, and whether there is one audit row for each success."""
        still_open = sum(self._is_open(ticket) for ticket in self.closed)
        return {
            "sample": len(self.closed),
            "still_accepted": still_open,
            "successes": self.successes,
            "audit_rows": self.peer.audit_rows(),
            "mib": self.server.memory_mib(),
        }

    def check_open(self) -> None:
        """A fresh session must be accepted, or the refusal of a closed one proves nothing."""
        (ticket,) = self.peer.mint(1)
        assert self._is_open(ticket), f"{self.peer.name} refuses an open session"

    def _is_open(self, ticket: Ticket) -> bool:
        return self.peer.accepts(*processes.ask(self.server.port, ticket.use))


@contextmanager
def contest(
    peers: Sequence[type[Peer]],
    *,
    workers: int,
    cores: list[int] = machine.SERVER_CORES,
    sqlite: bool = False,
    suffix: str = "",
) -> Iterator[list[Contestant]]:
    """Run the peers side by side, each on a store of its own."""
    with ExitStack() as stack:
        contestants = []
        for make in peers:
            store = stack.enter_context(_store(make.name + suffix, sqlite=sqlite))
            peer = make(store)
            peer.prepare()
            command = partial(_command, peer, workers)
            server = stack.enter_context(processes.running(f"logout-{peer.name}{suffix}", command, cores=cores))
            contestants.append(Contestant(peer, store, server))
        yield contestants


def _store(name: str, *, sqlite: bool) -> AbstractContextManager[Store]:
    return database.sqlite() if sqlite else database.postgres(name)


def _command(peer: Peer, workers: int, port: int) -> processes.Command:
    return peer.command(port, workers)
