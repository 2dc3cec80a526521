"""The service is the reason."""

from __future__ import annotations

from cierre.errors.base import CierreError


class InternalError(CierreError):
    """The service's own fault. The answer says nothing of the cause; the trace id finds it in the logs."""


class ServiceUnavailable(CierreError, status=503, code="SERVICE_UNAVAILABLE"):
    """The database cannot be reached: nothing was decided, nothing is half done."""

    retry_after = 5


class TooManyLogins(ServiceUnavailable, situation="login_queue_full"):
    """As many passwords wait to be checked as may: this one was not looked at."""


class RowLocked(ServiceUnavailable):
    """Another transaction has locked what was to be changed, and kept it for longer than the lock timeout."""


class TransactionConflict(ServiceUnavailable):
    """Another transaction was in the way, and this one was undone: the same operation may succeed at once."""

    retry_after = 1
