"""The goals, and what a run measured beside each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.stats import Ratio, ratio

Json = dict[str, Any]

MOCKS = {"prism": 12.0, "prism_silent": 4.5, "openapi_backend": 1.6, "connexion_mock": 8.0, "starlette": 0.65}
PGBENCH = 0.3
OURS = "cierre"
OIDC = "oidc_provider_prepared"
# Of the life of a session: rates to those of the peers, 16 at once.
LIFE = {
    "logout": {"stock": 7.0, "knox": 7.0, "better_auth": 7.0, "simplejwt": 9.0, OIDC: 1.1},
    "refresh": {OIDC: 1.0, "better_auth": 4.0, "simplejwt": 4.0},
    "check": {OIDC: 1.2},
    "introspection": {OIDC: 1.2},
}
LOGOUT_CPU_US = 380.0
REFRESH_OF_LOGOUT = 0.7
P99 = {"knox": 0.5, OIDC: 0.7}


@dataclass(frozen=True)
class Goal:
    """One line of the table.

    Attributes:
        unit: of target and measured, or nothing for a ratio.
        at_least: the more the better; otherwise the less the better.
        measured: None where the other side has no value to compare with; `note` says why.
    """

    subject: str
    target: float
    at_least: bool
    measured: Ratio | None
    unit: str = ""
    note: str = ""

    @property
    def met(self) -> bool | None:
        if self.measured is None:
            return None
        return self.measured.median >= self.target if self.at_least else self.measured.median <= self.target

    @property
    def worst(self) -> float | None:
        if self.measured is None:
            return None
        return self.measured.low if self.at_least else self.measured.high


def goals(results: Json, labels: dict[str, str]) -> list[Goal]:
    """All goals of which the run measured both sides."""
    found: list[Goal] = []
    parts: dict[str, Callable[[Json, dict[str, str]], Iterator[Goal]]] = {
        "mocks": _mocks,
        "life": _life,
        "logout": _logout,
        "denylist": _denylist,
        "growth": _growth,
        "flood": _flood,
    }
    for name, part in parts.items():
        if name in results:
            found += part(results[name], labels)
    return found


def rates(loads: Sequence[Json]) -> list[float]:
    return [load["rate"] for load in loads]


def _mocks(mocks: Json, labels: dict[str, str]) -> Iterator[Goal]:
    logout = mocks["throughput"]["logout"]
    for peer, target in MOCKS.items():
        measured = ratio(rates(logout[OURS]), rates(logout[peer]))
        yield Goal(f"mock, logout with validation: to {labels[peer]}", target, at_least=True, measured=measured)
    for document, starts in mocks["start"].items():
        for field, target, what in (("seconds", 0.25, "start to first answer"), ("mib", 0.4, "memory after start")):
            ours, prism = starts[OURS], starts["prism"]
            missing = ours["missing"] or prism["missing"]
            of_prism = None if missing else ratio(ours[field], prism[field])
            yield Goal(f"mock, {what}, {document}: of Prism's", target, at_least=False, measured=of_prism, note=missing)


def _life(life: Json, labels: dict[str, str]) -> Iterator[Goal]:
    operations = life["operations"]
    for name, peers in LIFE.items():
        for peer, target in peers.items():
            measured = ratio(rates(operations[name][OURS]), rates(operations[name][peer]))
            yield Goal(f"{name}, 16 at once: to {labels[peer]}", target, at_least=True, measured=measured)
    logouts = operations["logout"][OURS]
    cost = Ratio(tuple(load["cpu_us"] for load in logouts))
    yield Goal("logout, 16 at once: CPU of the server", LOGOUT_CPU_US, at_least=False, measured=cost, unit="µs")
    measured = ratio(rates(operations["refresh"][OURS]), rates(logouts))
    yield Goal("refresh, 16 at once: to logout", REFRESH_OF_LOGOUT, at_least=True, measured=measured)
    ours, theirs = ([load["p99_ms"] for load in operations["logout_64"][peer]] for peer in (OURS, OIDC))
    yield Goal(f"logout p99, 64 at once: to {labels[OIDC]}", P99[OIDC], at_least=False, measured=ratio(ours, theirs))


def _logout(logout: Json, labels: dict[str, str]) -> Iterator[Goal]:
    few, many, sqlite = logout["postgresql-1-16"], logout["postgresql-1-64"], logout["sqlite-1-16"]
    for peer, target in (LIFE["logout"] | {"pgbench": PGBENCH}).items():
        measured = ratio(rates(few[OURS]), rates(few[peer]))
        yield Goal(f"logout on PostgreSQL, 16 at once: to {labels[peer]}", target, at_least=True, measured=measured)
    for peer, target in P99.items():
        ours, theirs = ([load["p99_ms"] for load in many[name]] for name in (OURS, peer))
        subject = f"logout p99 at 64 at once: of {labels[peer]}'s"
        yield Goal(subject, target, at_least=False, measured=ratio(ours, theirs))
    subject = "logout on SQLite: to the same work through SQLAlchemy and aiosqlite"
    yield Goal(subject, 4.0, at_least=True, measured=ratio(rates(sqlite[OURS]), rates(sqlite["lean"])))


def _denylist(denylist: Json, _: dict[str, str]) -> Iterator[Goal]:
    size = max(denylist, key=int)
    micros = Ratio(tuple(seconds * 1e6 for seconds in denylist[size]["seconds"]))
    what = f"check of a token beyond the signature, {int(size):,} denied sessions"
    yield Goal(what, 1.0, at_least=False, measured=micros, unit="µs")
    weight = Ratio((denylist[size]["bytes"],))
    yield Goal(f"the same, memory an entry at {int(size):,}", 200.0, at_least=False, measured=weight, unit="bytes")


def _flood(flood: Json, _: dict[str, str]) -> Iterator[Goal]:
    for database, rounds in flood.items():
        beside, quiet = ([one["p99_ms"] for one in rounds[part]] for part in ("flood", "quiet"))
        subject = f"logout p99 beside 200 bad logins at once, {database}: of its p99 when it is quiet"
        yield Goal(subject, 3.0, at_least=False, measured=ratio(beside, quiet))


def _growth(growth: Json, _: dict[str, str]) -> Iterator[Goal]:
    stored = growth["stored"]
    small, large = min(stored, key=int), max(stored, key=int)
    cost = ratio(rates(stored[small]), rates(stored[large]))
    yield Goal(
        f"cost of one logout at {int(large):,} sessions: of that at {int(small):,}", 1.2, at_least=False, measured=cost
    )
    alone = growth["of_one_user"]
    most = max(alone, key=int)
    singles = [int(most) / rate for rate in rates(stored[small])]
    subject = f"logoutAll of {int(most):,} sessions: of {int(most):,} single logouts"
    yield Goal(subject, 0.1, at_least=False, measured=ratio(alone[most], singles))
