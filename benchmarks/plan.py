"""How long and how often: a full run for docs/performance.md, or everything once to see that it works."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """One run.

    Attributes:
        rounds: of A B C A B C; the report takes their median.
        seconds: that the clock runs in each measurement.
        warm_seconds: of load before the first round, so that no peer is measured cold.
        start_rounds: how often each server is started to time its first answer.
        patience_s: how long a start may take before it is written down as none.
        document_sizes: in MB.
        stored: sessions in the database, for the growth of one logout's cost.
        of_one_user: open sessions of one user, for logoutAll.
        denied: entries of the denylist.
        concurrency: connections at once.
        life_rounds: the same as `rounds`, of the life of a session.
        life_warm_seconds: of load for each peer before each of its operations; 0: none.
    """

    quick: bool
    rounds: int
    seconds: float
    warm_seconds: float
    start_rounds: int
    patience_s: float
    document_sizes: tuple[float, ...]
    stored: tuple[int, ...]
    of_one_user: tuple[int, ...]
    denied: tuple[int, ...]
    concurrency: tuple[int, ...]
    life_rounds: int
    life_warm_seconds: float


FULL = Plan(
    quick=False,
    rounds=3,
    seconds=2,
    warm_seconds=2,
    start_rounds=3,
    patience_s=30,
    document_sizes=(0.1, 3, 13),
    stored=(10_000, 100_000, 1_000_000),
    of_one_user=(1, 10, 100, 1_000, 10_000),
    denied=(100, 1_000, 10_000, 100_000, 1_000_000),
    concurrency=(1, 4, 16, 64, 256),
    life_rounds=3,
    life_warm_seconds=2,
)

QUICK = Plan(
    quick=True,
    rounds=1,
    seconds=0.5,
    warm_seconds=0.1,
    start_rounds=1,
    patience_s=30,
    document_sizes=(),
    stored=(1_000, 4_000),
    of_one_user=(1, 100),
    denied=(100, 1_000),
    concurrency=(1, 16),
    life_rounds=1,
    life_warm_seconds=0,
)
