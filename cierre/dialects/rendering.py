"""What a dialect is: two pure functions, from a value of the domain to what goes over the wire."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from cierre.dialects.catalogue import CATALOGUE, Language
from cierre.errors import CierreError
from cierre.outcomes import LogoutResult

JSON = "application/json"
PROBLEM = "application/problem+json"


class FailureContext(NamedTuple):
    """What of the request a failure is rendered with.

    Attributes:
        path: of the request, as it was sent, without the query.
        now: milliseconds.
    """

    language: Language
    trace_id: str
    path: str
    now: int


class Rendered(NamedTuple):
    """A status and a JSON body; None: no body at all. `media_type` None: whatever was negotiated."""

    status: int
    body: dict[str, Any] | None
    media_type: str | None = None


class Dialect(Protocol):
    """A module of this package."""

    DEFAULT_LANGUAGE: Language

    @staticmethod
    def success(result: LogoutResult, language: Language) -> Rendered: ...
    @staticmethod
    def failure(error: CierreError, context: FailureContext) -> Rendered: ...


def message(error: CierreError, language: Language, dialect: str) -> str:
    """The words for the error: those of the dialect's document where it has some.

    Args:
        dialect: its name, as the catalogue's `own` has it.
    """
    entry = CATALOGUE[error.situation]
    return entry.own.get(dialect, entry.text)(language).format(error=error)


# RFC 9110 renamed these (sections 15.5.14 and 15.5.21); Python followed in 3.13.
_RENAMED = {413: "Content Too Large", 422: "Unprocessable Content"}


def phrase(status: int) -> str:
    """`401` → `Unauthorized`."""
    return _RENAMED.get(status) or HTTPStatus(status).phrase
