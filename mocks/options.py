"""How a mock answers: the options of the command line, in one frozen object."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from cierre.mocks.generation.budget import DEFAULT_LIMITS, AnswerLimits

Switch = Literal["on", "warn", "off"]
_SIZE = re.compile(r"([0-9]{1,12})\s*(B|kB|MB)?\Z", re.IGNORECASE)
_UNITS = {"b": 1, "kb": 1000, "mb": 1_000_000}


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
        cache: send the document's Cache-Control, so that clients keep answers; otherwise none is kept.
        allowed_hosts: names in the field Host that may use `/__mock/…`, beside this machine's.
        callback_hosts: hosts, with or without a port, that callbacks and webhooks may go to, beside this machine.
        max_answer_nodes: objects, arrays and plain values of a generated answer.
        max_answer_size: bytes of all texts in a generated answer.
        max_answer_depth: levels of nesting of a generated answer.
        base_path: what the paths of requests begin with before those of the document, such as `/v1`.
        fill_properties: put in a member that only additionalProperties or patternProperties describe.
        max_callbacks: callbacks under way at a time; further ones are not sent.
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
    cache: bool = False
    allowed_hosts: tuple[str, ...] = ()
    callback_hosts: tuple[str, ...] = ()
    max_callbacks: int = 100
    max_answer_nodes: int = DEFAULT_LIMITS.nodes
    max_answer_size: int = DEFAULT_LIMITS.size
    max_answer_depth: int = DEFAULT_LIMITS.depth
    fill_properties: bool = True
    base_path: str = ""

    @property
    def limits(self) -> AnswerLimits:
        """Of a generated answer."""
        return AnswerLimits(self.max_answer_nodes, self.max_answer_size, self.max_answer_depth, self.fill_properties)


def read_size(text: str) -> int:
    """`500kB`, `10MB` or plain bytes, in bytes.

    Raises:
        ValueError: it is none of these.
    """
    match = _SIZE.match(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no size: write 500kB, 10MB or plain bytes")
    return int(match[1]) * _UNITS[(match[2] or "B").lower()]
