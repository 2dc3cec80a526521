"""Clients that ask a service again and again while something is done to it."""

import threading


class Load:
    """Clients side by side, each asking the next time once it was answered.

    Args:
        ask: one round of a client; it returns what was wrong, or nothing.
        clients: how many there are.
    """

    def __init__(self, ask, clients):
        self._ask = ask
        self.failures, self.rounds, self._stopped = [], 0, threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def _run(self):
        while not self._stopped.is_set():
            try:
                wrong = self._ask()
            except Exception as failure:  # noqa: BLE001 - a client that ended would be waited for
                wrong = repr(failure)
            if wrong:
                self.failures.append(wrong)
            self.rounds += 1

    def wait_for(self, rounds):
        """Until there are so many rounds more."""
        until = self.rounds + rounds
        while self.rounds < until and not self.failures:
            self._stopped.wait(0.05)

    def end(self):
        self._stopped.set()
        for thread in self._threads:
            thread.join()
