"""How a mock answers: what the command line says, in one frozen object."""

from __future__ import annotations

from typing import Literal, NamedTuple

Switch = Literal["on", "warn", "off"]


class Options(NamedTuple):
    """Options of one mock.

    Attributes:
        dynamic: generate bodies instead of showing examples.
        seed: of the generation; without one, dynamic answers differ each time.
        validate: refuse requests that break the document (`on`), say so only (`warn`), or do not look (`off`).
        security: the same for credentials.
        token: the one credential that is accepted; without it any well-formed one is.
        errors: answer 500 where the document has no valid answer, instead of the nearest to it.
        cors: answer browsers from any origin.
        delay: seconds, from and to, before each answer.
        delays: the same by operation: `operationId` or `METHOD /path`.
        error_rate: share of requests that are answered with a 5xx, 0 to 1.
        rate_limit: requests a minute and client before 429; 0 for no limit.
        drop_rate: share of requests whose connection is dropped, 0 to 1.
        callbacks: send the callbacks that the document describes.
        max_body: bytes of a request body before 413.
    """

    dynamic: bool = False
    seed: str | None = None
    validate: Switch = "on"
    security: Switch = "on"
    token: str | None = None
    errors: bool = False
    cors: bool = True
    delay: tuple[float, float] | None = None
    delays: dict[str, tuple[float, float]] = {}  # noqa: RUF012 - a NamedTuple's default; nobody writes to it
    error_rate: float = 0.0
    rate_limit: int = 0
    drop_rate: float = 0.0
    callbacks: bool = True
    max_body: int = 10_000_000
