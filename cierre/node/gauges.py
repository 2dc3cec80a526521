"""The gauges: what the services of this process are at the moment."""

from __future__ import annotations

from cierre.services import Services


def read_gauges(services: Services) -> None:
    """Set every gauge that can be read without asking anybody."""
    metrics, clock = services.metrics, services.database.clock
    use = services.database.use
    metrics.feed_age.set(services.feed.age)
    metrics.denylist.set(len(services.denylist))
    metrics.pool_in_use.set(use.in_use)
    metrics.pool_waiting.set(use.waiting)
    metrics.login_queue.set(services.passwords.undecided)
    metrics.clock_skew.set(clock.ahead() / 1000)
    if services.mirror is not None:
        metrics.redis_up.set(services.mirror.whole)
    _read_keys(services, clock.now())


def _read_keys(services: Services, now: int) -> None:
    times = services.keys.signs_since()
    begun = [time for time in times if time <= now]
    states = {"next": len(times) - len(begun), "signing": min(1, len(begun)), "retired": max(0, len(begun) - 1)}
    for state, count in states.items():
        services.metrics.signing_keys.labels(state).set(count)
    # Keys of the environment have no time, and no age.
    if begun and begun[0] > 0:
        services.metrics.signing_key_age.set((now - begun[0]) / 1000)
