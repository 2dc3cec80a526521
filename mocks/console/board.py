"""What a running mock holds for those who look at it: the requests so far, and the answers that are set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cierre.mocks.console.answers import SetAnswers
from cierre.mocks.console.calls import Calls

if TYPE_CHECKING:
    from cierre.mocks.console.scenarios.running import Scenarios


class Board:
    """Of one mock.

    Args:
        scenarios: that it has; None: no file was given.

    Attributes:
        calls: the last requests with their answers.
        answers: that are set.
        scenarios: that answer where none is set.
        revision: counts what else has changed: answers that were set, a document that was read again.
        documents: counts those that were read.
        ended: the mock is about to end, and nobody watches any more.
    """

    def __init__(self, scenarios: Scenarios | None = None) -> None:
        self.calls = Calls()
        self.answers = SetAnswers()
        self.scenarios = scenarios
        self.revision = 0
        self.documents = 0
        self.ended = False

    def changed(self) -> None:
        """Say so to those who watch."""
        self.revision += 1
        self.calls.wake()

    def read_again(self) -> None:
        """Say that there is another document."""
        self.documents += 1
        self.changed()

    def end(self) -> None:
        """Let those go who watch: a page that is open does not keep the mock from ending."""
        self.ended = True
        self.calls.wake()
