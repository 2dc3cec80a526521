"""How a mock answers: the options of the command line, in one frozen object."""

from __future__ import annotations

from typing import Literal, NamedTuple

Switch = Literal["on", "warn", "off"]


class MockOptions(NamedTuple):
    """Options of one mock.

    Attributes:
        dynamic: generate bodies instead of sending examples.
        seed: of what is generated; without one, dynamic replies differ each time.
        validate: refuse requests that break the document (`on`), log them only (`warn`), or do not check (`off`).
        security: the same for credentials.
        token: the one credential that is accepted; without it any well-formed one is.
        errors: answer 500 where no valid body could be made, instead of the best attempt.
        cors: let pages of any origin read the replies.
        delay: seconds, from and to, before each reply.
        delays: the same by operation: by `operationId` or `METHOD /path`.
        error_rate: share of requests that are answered with a 5xx, 0 to 1.
        rate_limit: requests a minute of one address before 429; 0 for no limit.
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
    delays: dict[str, tuple[float, float]] = {}  # noqa: RUF012 - a NamedTuple's default; never written to
    error_rate: float = 0.0
    rate_limit: int = 0
    drop_rate: float = 0.0
    callbacks: bool = True
    max_body: int = 10_000_000
