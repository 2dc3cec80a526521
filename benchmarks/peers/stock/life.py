"""The life of a session with stock Connexion, which brings nothing of it: the check and the logout were written."""

from benchmarks.peers.operations import ASKED, Attempt, Life, Operation, again_and_again
from benchmarks.peers.stock import Stock


class StockLife(Life[Stock]):
    """One server; it has no passwords."""

    def operations(self) -> dict[str, Operation]:
        closed = "SELECT count(*) FROM sessions WHERE closed_at IS NOT NULL"
        return {
            "check": again_and_again([ticket.use for ticket in self.peer.mint(ASKED)]),
            "logout": Operation(self._logouts, count=closed, audited=1),
        }

    def _logouts(self, number: int) -> list[Attempt]:
        return [Attempt(ticket.logout, (ticket.use,)) for ticket in self.peer.mint(number)]
