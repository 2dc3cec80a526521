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
