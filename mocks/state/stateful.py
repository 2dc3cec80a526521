"""The state of a mock, as the mock uses it: operations that keep things, and routes that reset and show them."""

from __future__ import annotations

from pathlib import Path

from cierre.mocks.answering.operation import MockedOperation
from cierre.mocks.messages import MockReply, MockRequest
from cierre.mocks.options import MockOptions
from cierre.mocks.state import routes
from cierre.mocks.state.operation import StatefulOperation
from cierre.mocks.state.store import Store
from cierre.mocks.state.things import Things
from cierre.oas.document import Document
from cierre.oas.structure import Operation
from cierre.phrases import Phrase


class Stateful:
    """Of one mock.

    Args:
        document: to infer from.
        options: of the mock.
        file: of a database that keeps the things between runs; in memory where it is None.
        data: a folder or file with what the resources begin with; the document's examples where it is None.
        corrections: a file of the shape of `x-cierre-state`.

    Raises:
        BrokenDocument: the corrections, or the data, do not fit the document.
        OSError: the database cannot be used.
    """

    def __init__(
        self,
        document: Document,
        options: MockOptions,
        *,
        file: Path | None = None,
        data: Path | None = None,
        corrections: Path | None = None,
    ) -> None:
        self._options = options
        self.things = Things(document, options, Store(file), data, corrections)

    @property
    def summary(self) -> Phrase:
        """How much is kept, in a few words."""
        model = self.things.model
        kinds, operations = len(model.resources), len(model.parts)
        return Phrase(
            "{kinds}, by {operations}",
            kinds=Phrase("1 kind of thing") if kinds == 1 else Phrase("{count} kinds of things", count=kinds),
            operations=Phrase("1 operation") if operations == 1 else Phrase("{count} operations", count=operations),
        )

    def install(self, document: Document) -> None:
        """Work upon this document from now on; what is kept stays.

        Raises:
            BrokenDocument: the corrections, or the data, do not fit the document.
        """
        if document is not self.things.document:
            self.things.install(document)

    def operation(self, document: Document, operation: Operation) -> MockedOperation:
        """What answers the requests for an operation."""
        part = self.things.model.parts.get(operation.label)
        if part is None:
            return MockedOperation(document, operation, self._options)
        return StatefulOperation(document, part, self._options, self.things)

    def enter(self, session: str) -> None:
        """Let what follows, until the next call, be of a session; "": of everybody without one."""
        self.things.enter(session)

    def counts(self, session: str) -> dict[str, int]:
        """How many things each collection of a session has."""
        self.enter(session)
        return {name: len(things) for name, things in self.things.everything().items()}

    def control(self, request: MockRequest) -> MockReply | None:
        """The reply to a request for a route of the state; None for any other route."""
        return routes.control(self.things, request)
