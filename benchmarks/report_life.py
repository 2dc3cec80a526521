"""The tables of the whole life of a session."""

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

from benchmarks import tables
from benchmarks.goals import goals
from benchmarks.peers.operations import OPERATIONS
from benchmarks.scenarios.contest import MANY
from benchmarks.scenarios.life import HAS, LIVES
from benchmarks.stats import ratio
from benchmarks.tables import Cells, table

Json = dict[str, Any]

LABELS = {peer.name: peer.label for peer in LIVES}
TITLES = {
    "login": "login, its own hash",
    "login_cheap": "login, a cheap hash",
    "refresh": "refresh",
    "check": "check over HTTP",
    "introspection": "introspection",
    "list": "list of sessions",
    "logout": "logout",
    "logout_elsewhere": "logout, token of another node",
    f"logout_{MANY}": f"logout, {MANY} at once",
    "logout_all": "logoutAll of 5",
    "forced_logout": "forced logout of 5",
}
NONE = "has none"
DAY = {"login": 1, "refresh": 60, "introspection": 20, "logout": 0.7}
"""What one user does in a day, by operation."""
USERS, DAY_S = 1_000_000, 86_400
FULL = 0.95
"""A core that was busy for so much of the time was full."""
OIDC_PROVIDER = (
    "oidc-provider has prepared statements here. Its login is a page of the application's own, with a hash of the "
    "application's own: measured as its cheap login is the exchange of an authorization code. Its check is userinfo, "
    "its logout the revocation of an opaque token; its refresh makes no ID token."
)
OTHERS = (
    "A token of better-auth is never exchanged: measured as its refresh is the `get-session` that lengthens a session, "
    "once a day. Its forced logout is that of its admin plugin. simplejwt's introspection is its `TokenVerifyView`. "
    "Stock Connexion brings nothing of all this: its check and its logout were written for it."
)
TOKENS = (
    "The tokens of Cierre's logouts were signed by the server that closes them, as in a service of one node: it need "
    "not verify its own signature again. One of another node it verifies first, as its own after a restart: that is "
    "measured beside it. The tokens of a check, an introspection and a list were verified before."
)
HASHES = (
    "A login with its own hash was measured at 4 at once, all else at 16. The hashes are argon2id with 19 MiB and 2 "
    "passes (Cierre), scrypt (better-auth) and PBKDF2 (Django); the cheap ones argon2id with 8 KiB, SHA-256 and MD5."
)
A_DAY = (
    "Each user logs in once, refreshes 60 times, is asked about by 20 introspections and logs out 0.7 times. The table "
    "has the cores that the server needs, were the day's requests spread evenly over it; PostgreSQL's are not in it. "
    "Where a peer has no introspection its check is counted; what else it has not is left out."
)
BUSY = (
    "Where other programs took a part of the cores, a rate has waited for them, and for a server of one thread longer "
    "than for one of several; what a request cost the server's own processes is then the better measure."
)
AFTERWARDS = (
    "A sample of what was closed or exchanged was presented again, and a sample of what had only been asked for was "
    "asked for again. What the successes left in the store was counted, and audit rows where the peer writes any."
)


def sections(life: Json, plan: Json) -> Iterator[str]:
    """The part of the page that is about it."""
    operations = life["operations"]
    yield "## The whole life of a session"
    yield "Goals of it, all in this run:"
    yield tables.goal_table(goals({"life": life}, LABELS))
    yield "### CPU of the server for one request, in µs"
    names = [name for name in TITLES if name in operations]
    yield table(("", *(TITLES[name] for name in OPERATIONS)), (_cpu_row(peer, operations) for peer in HAS))
    yield table(("CPU of a logout", "µs", "to ours (median of rounds)", "spread"), _logout_rows(operations["logout"]))
    yield TOKENS
    yield OIDC_PROVIDER
    yield OTHERS
    yield HASHES
    yield "### A day of a million users"
    yield A_DAY
    of_a_day = ("cores of", "login", "refresh", "introspection", "logout", "the day", "the day, hash aside", NONE)
    yield table(of_a_day, (_day_row(peer, operations) for peer in HAS))
    yield "### Requests a second, and which core was full"
    of_cores = ("server, % of its core", "its core busy, %", "other core busy, %", "full")
    rows = ((TITLES[name], *_rate_row(peer, loads)) for name in names for peer, loads in operations[name].items())
    yield BUSY
    yield table(("operation", "peer", "1/s", "p50, p99 ms", "CPU µs", *of_cores), rows)
    yield "### What was done, looked at afterwards"
    yield AFTERWARDS
    looked_at = ("operation", "peer", "successes", "failures", "still accepted", "answered again", "left in the store")
    proofs = ((TITLES[name], LABELS[peer], *_proof(proof)) for name in OPERATIONS for peer, proof in _of(life, name))
    yield table((*looked_at, "audit rows", "holds"), proofs)
    yield _conditions(life, plan)


def _of(life: Json, name: str) -> Iterator[tuple[str, Json]]:
    yield from life["proofs"][name].items()


def cpu_us(operations: Json, name: str, peer: str) -> float | None:
    """The median of the rounds; None: the peer has no such operation."""
    loads = operations[name].get(peer)
    return median(load["cpu_us"] for load in loads) if loads else None


def cores(operations: Json, peer: str, *, own_hash: bool) -> dict[str, float]:
    """What each part of the day needs; without those that the peer has not."""
    found = {}
    for name, times in DAY.items():
        micros = cpu_us(operations, _stand_in(operations, name, peer, own_hash=own_hash), peer)
        if micros is not None:
            found[name] = USERS * times * micros / 1e6 / DAY_S
    return found


def _stand_in(operations: Json, name: str, peer: str, *, own_hash: bool) -> str:
    if name == "login" and not (own_hash and peer in operations["login"]):
        return "login_cheap"
    if name == "introspection" and peer not in operations["introspection"]:
        return "check"
    return name


def _day_row(peer: str, operations: Json) -> Cells:
    whole, cheap = (cores(operations, peer, own_hash=own_hash) for own_hash in (True, False))
    parts = (tables.short(whole[name]) if name in whole else NONE for name in DAY)
    missing = [name for name in DAY if name not in whole]
    sums = (tables.short(sum(found.values())) for found in (whole, cheap))
    return (LABELS[peer], *parts, *sums, ", ".join(missing))


def _cpu_row(peer: str, operations: Json) -> Cells:
    found = (cpu_us(operations, name, peer) for name in OPERATIONS)
    return (LABELS[peer], *(NONE if micros is None else f"{micros:,.0f}" for micros in found))


def _logout_rows(logouts: Json) -> Iterator[Cells]:
    """What a logout costs each peer's server, to what it costs ours: so many of ours are done with the same CPU."""
    ours, *others = ([load["cpu_us"] for load in logouts[peer]] for peer in logouts)
    for peer, theirs in zip(list(logouts)[1:], others, strict=True):
        found = ratio(theirs, ours)
        spread = f"{tables.short(found.low)} … {tables.short(found.high)}"
        micros = f"{median(theirs):,.0f}"
        yield (f"CPU of a logout: {LABELS[peer]}", micros, tables.short(found.median), spread)


def _rate_row(peer: str, loads: Sequence[Json]) -> Cells:
    share, own, other = (median(load[name] for load in loads) for name in ("server_share", "server_core", "load_core"))
    percents = (f"{part:.0%}".rstrip("%") for part in (share, own, other))
    cpu = median(load["cpu_us"] for load in loads)
    return (LABELS[peer], tables.rate(loads), tables.latency(loads), f"{cpu:,.0f}", *percents, _full(own, other))


def _full(own: float, other: float) -> str:
    if own >= FULL and other >= FULL:
        return "both"
    return "the server's" if own >= FULL else "the other" if other >= FULL else "neither"


def _proof(proof: Json) -> Cells:
    faults = []
    if proof["still_accepted"]:
        faults.append("**the token lives on**")
    if proof["answered_well"] != proof["asked_again"] or proof["counted"] != proof["expected"]:
        faults.append("**counts differ**")
    if proof["audited"] != proof["audit_expected"]:
        faults.append("**audit rows ≠ successes**")
    return (
        str(proof["successes"]),
        str(proof["failures"]),
        _part(proof["still_accepted"], proof["presented_again"]),
        _part(proof["answered_well"], proof["asked_again"]),
        _part(proof["counted"], proof["expected"]),
        _part(proof["audited"], proof["audit_expected"]),
        ", ".join(faults) or "yes",
    )


def _part(some: int | None, whole: int | None) -> str:
    return f"{some} of {whole}" if whole else ""


def _conditions(life: Json, plan: Json) -> str:
    loads = [load for peers in life["operations"].values() for series in peers.values() for load in series]
    others = median(load["server_core"] - load["server_share"] for load in loads)
    low, high = min(life["load_average"]), max(life["load_average"])
    return (
        f"{life['when']}: {plan['life_rounds']} rounds of {plan['seconds']:g} s, load average {low:.1f} to {high:.1f}; "
        f"all but the server had {others:.0%} of its core (median)."
    )
