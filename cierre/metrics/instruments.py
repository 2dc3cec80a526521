"""Every metric of the service. No label is by user, session, device, address or token: the series stay few."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from cierre.outcomes import ClosingMade

# Seconds. Document 003 speaks of milliseconds for a logout.
_ANSWERS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_DELAYS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)
_HOUR = 3600
_DAY = 24 * _HOUR
_SESSIONS = (60, 300, 900, _HOUR, 4 * _HOUR, 12 * _HOUR, _DAY, 3 * _DAY, 7 * _DAY, 14 * _DAY, 30 * _DAY, 90 * _DAY)
# Of the closings that the service decides on. An administrator's reason is any text, and no label.
_REASONS = frozenset(
    {
        "account_disabled",
        "account_erased",
        "expired",
        "inactivity",
        "password_change",
        "refresh_reuse",
        "role_change",
        "suspicious_ip",
        "suspicious_user_agent",
        "user_initiated",
    }
)


def reason_label(closing: ClosingMade) -> str:
    """The reason of a closing, as one of a few words."""
    if closing.logout_type == "admin_forced":
        return "administrator"
    return closing.reason if closing.reason in _REASONS else "other"


class _Quick:
    """A metric that finds the series of labels it has had before without taking them apart and locking each time."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._series: dict[tuple[Any, ...], Any] = {}
        super().__init__(*args, **options)

    def labels(self, *values: Any, **named: Any) -> Any:
        """The series of these values, in the order of the labels or by their names."""
        if named:
            return super().labels(*values, **named)  # type: ignore[misc]
        found = self._series.get(values)
        if found is None:
            found = self._series[values] = super().labels(*values)  # type: ignore[misc]
        return found


class QuickCounter(_Quick, Counter):
    """Prometheus' counter."""


class QuickHistogram(_Quick, Histogram):
    """Prometheus' histogram."""


class Metrics:
    """The metrics of one process.

    Attributes:
        registry: has all of them.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._make_counters()
        self._make_histograms()
        self._make_gauges()
        self._gauge("build_info", "1; its labels say which version runs.", "max", ("version", "python")).labels(
            version("cierre"), platform.python_version()
        ).set(1)

    def _make_counters(self) -> None:
        self.requests = self._counter("requests", "Answers, by operation and status.", ("operation", "status"))
        self.logouts = self._counter(
            "logouts", "Logouts that were asked for or happened.", ("type", "reason", "dialect", "outcome", "code")
        )
        self.sessions_opened = self._counter("sessions_opened", "Sessions that a login opened.")
        self.sessions_closed = self._counter("sessions_closed", "Sessions that were closed.", ("type", "reason"))
        # Prometheus sees no increase in a series whose first value is not 0.
        for logout_type, reason in (("all_devices", "user_initiated"), ("admin_forced", "administrator")):
            self.sessions_closed.labels(logout_type, reason)
        self.failed_attempts = self._counter(
            "failed_attempts", "Requests without the right credentials or rights (401, 403).", ("operation", "code")
        )
        self.rate_limit_decisions = self._counter(
            "rate_limit_decisions", "Answers of the rate limits.", ("bucket", "limit", "decision")
        )
        self.deliveries = self._counter(
            "deliveries", "Signals posted to clients and receivers.", ("kind", "receiver", "outcome")
        )
        self.events_published = self._counter("events_published", "Events sent to the message queue.", ("outcome",))

    def _make_histograms(self) -> None:
        self.request_duration = self._histogram(
            "request_duration_seconds", "From a request's arrival to its answer.", _ANSWERS, ("operation",)
        )
        self.session_duration = self._histogram(
            "session_duration_seconds", "How long a session was open, at its end.", _SESSIONS, ("type",)
        )
        self.password_duration = self._histogram(
            "password_duration_seconds", "How long argon2 took for a password, the wait for it aside.", _ANSWERS
        )
        self.propagation_delay = self._histogram(
            "propagation_delay_seconds", "From a closing on another node to its arrival here.", _DELAYS
        )

    def _make_gauges(self) -> None:
        self.sessions_open = self._gauge("sessions_open", "Open sessions of all users, as last counted.", "max")
        self.feed_age = self._gauge("feed_age_seconds", "Since the revocations were last read.", "livemax")
        self.denylist = self._gauge("denylist_entries", "Revocations in a process's memory.", "livemax")
        self.pool_in_use = self._gauge("pool_connections_in_use", "Database connections in use.", "livesum")
        self.pool_waiting = self._gauge("pool_waiting", "Requests that wait for a database connection.", "livesum")
        self.login_queue = self._gauge("login_queue", "Passwords that are checked or wait for it.", "livesum")
        self.redis_up = self._gauge(
            "redis_up", "1: Redis has all revocations; 0: it is away. None: no Redis.", "livemin"
        )
        self.sweeper_last_run = self._gauge(
            "sweeper_last_run_timestamp_seconds", "When this node last closed what had expired; 0: never.", "max"
        )
        self.outbox_depth = self._gauge(
            "outbox_depth", "Events that wait for the message queue; 100000: that many or more.", "livemostrecent"
        )
        self.outbox_age = self._gauge(
            "outbox_age_seconds", "How long the oldest event waits for the message queue.", "livemostrecent"
        )
        self.deliveries_parked = self._gauge(
            "deliveries_parked",
            "Signals that were tried for a day, as the sending node last counted.",
            "livemostrecent",
        )
        self.signing_keys = self._gauge("signing_keys", "Keys that verify, by what they do.", "livemax", ("state",))
        self.signing_key_age = self._gauge("signing_key_age_seconds", "Since the signing key began to sign.", "livemax")
        self.clock_skew = self._gauge(
            "clock_skew_seconds",
            "How far this node's clock is ahead of the database's; negative: behind.",
            "livemostrecent",
        )

    def _counter(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
        return QuickCounter(f"cierre_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...], labels: tuple[str, ...] = ()) -> Histogram:
        return QuickHistogram(f"cierre_{name}", text, labels, buckets=buckets, registry=self.registry)

    def _gauge(self, name: str, text: str, of_several: str, labels: tuple[str, ...] = ()) -> Gauge:
        """A gauge; `of_several` says what it is where several workers have a value each."""
        return Gauge(f"cierre_{name}", text, labels, registry=self.registry, multiprocess_mode=of_several)  # type: ignore[arg-type]

    def closed(self, closing: ClosingMade, dialect: str) -> None:
        """Count a closing.

        Args:
            dialect: of the request that closed; `none`: the service closed by itself.
        """
        reason = reason_label(closing)
        self.logouts.labels(closing.logout_type, reason, dialect, "success", "").inc()
        self.sessions_closed.labels(closing.logout_type, reason).inc(len(closing.durations))
        for duration in closing.durations:
            self.session_duration.labels(closing.logout_type).observe(duration / 1000)

    def decided(self, bucket: str, limit: str, *, admitted: bool) -> None:
        """Count a decision of a rate limit."""
        self.rate_limit_decisions.labels(bucket, limit, "admitted" if admitted else "refused").inc()

    def arrived(self, delay: int) -> None:
        """Measure how late a revocation of another node came, in milliseconds."""
        self.propagation_delay.observe(delay / 1000)
