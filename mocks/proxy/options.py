"""How a proxy answers."""

from __future__ import annotations

from typing import NamedTuple


class ProxyOptions(NamedTuple):
    """How a proxy answers.

    Attributes:
        errors: what breaks the document is an error: a request is not passed on, an answer is a 502.
        fallback: the mock answers for what the upstream server has not got.
        max_body: bytes of a body before it is passed on unchecked, and of a message of a WebSocket at the most.
        allowed_hosts: names that the proxy's own routes answer under, beside this machine's.
    """

    errors: bool = False
    fallback: bool = False
    max_body: int = 10_000_000
    allowed_hosts: tuple[str, ...] = ()
