"""A span a statement, within a request's. What the service does by itself has none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Hashable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import SpanKind

from cierre.storage.database import Database
from cierre.storage.database_clock import DatabaseClock
from cierre.storage.pool import PoolUse
from cierre.storage.statements import Backend, Compound, EventConsumers, Listener, Query, Row, Sql, Statement, Tx
from cierre.tracing.provider import Tracing


class TracedTx:
    """A connection whose statements are spans: their text, with placeholders, and never a value."""

    def __init__(self, tx: Tx, tracing: Tracing) -> None:
        self._tx = tx
        self._tracing = tracing
        self.backend: Backend = tx.backend

    @property
    def consumers(self) -> EventConsumers | None:
        return self._tx.consumers

    @consumers.setter
    def consumers(self, value: EventConsumers | None) -> None:
        self._tx.consumers = value

    @property
    def now(self) -> int:
        return self._tx.now

    @now.setter
    def now(self, value: int) -> None:
        self._tx.now = value

    async def rows(self, query: Query[Row], /, **values: Any) -> Sequence[Row]:
        with self._span(query):
            return await self._tx.rows(query, **values)

    async def row(self, query: Query[Row], /, **values: Any) -> Row | None:
        with self._span(query):
            return await self._tx.row(query, **values)

    async def run(self, statement: Statement, /, **values: Any) -> int:
        with self._span(statement):
            return await self._tx.run(statement, **values)

    async def compound(self, compound: Compound[Row], /, **values: Any) -> Sequence[Row]:
        # On SQLite it is several: the first says what they are about.
        with self._span(compound.single if self.backend == "postgresql" else compound.writes[0]):
            return await self._tx.compound(compound, **values)

    def atomic(self) -> AbstractAsyncContextManager[None]:
        return self._tx.atomic()

    def after_commit(self, action: Callable[[], None]) -> None:
        self._tx.after_commit(action)

    @contextmanager
    def _span(self, statement: Statement) -> Iterator[None]:
        if not trace.get_current_span().is_recording():
            yield
            return
        sql: Sql = getattr(statement, self.backend)
        verb = sql.text.split(maxsplit=1)[0].upper()
        with self._tracing.span(f"{verb} {self.backend}", SpanKind.CLIENT) as span:
            span.set_attribute("db.system.name", self.backend)
            span.set_attribute("db.operation.name", verb)
            span.set_attribute("db.query.text", sql.text)
            yield


class TracedDatabase:
    """A database whose connections are traced: see `Database`."""

    def __init__(self, database: Database, tracing: Tracing) -> None:
        self._database = database
        self._tracing = tracing
        self.backend: Backend = database.backend
        self.clock: DatabaseClock = database.clock

    @property
    def consumers(self) -> EventConsumers | None:
        return self._database.consumers

    @consumers.setter
    def consumers(self, value: EventConsumers | None) -> None:
        self._database.consumers = value

    @property
    def use(self) -> PoolUse:
        return self._database.use

    async def open(self) -> None:
        await self._database.open()

    async def close(self) -> None:
        await self._database.close()

    @asynccontextmanager
    async def connect(self, *, on_behalf_of: Hashable | None = None) -> AsyncIterator[Tx]:
        async with self._database.connect(on_behalf_of=on_behalf_of) as tx:
            yield TracedTx(tx, self._tracing)

    def listen(self, channel: str, listener: Listener) -> AbstractAsyncContextManager[Tx]:
        return self._database.listen(channel, listener)
