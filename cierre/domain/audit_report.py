"""What the closings of a time have in common (document 003, "Análisis de Comportamiento")."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from cierre.outcomes import LogoutType
from cierre.phrases import Phrase
from cierre.storage.repositories import audit
from cierre.storage.rows import ClosingsRow
from cierre.storage.statements import Tx

# In document 003's order.
TYPES: tuple[LogoutType, ...] = get_args(LogoutType)
# Of the classes of `audit.LENGTHS`, in their order.
LENGTHS = ("< 1 min", "< 10 min", "< 1 h", "< 6 h", "< 1 d", "< 7 d", "< 30 d", "≥ 30 d")
OTHERS = "(others)"
# An administrator's reason is any text.
_REASONS = 10


@dataclass(frozen=True, slots=True)
class AuditReport:
    """How many sessions were closed from `from_time` to `to_time` (milliseconds), by what they have in common.

    Attributes:
        types: by type of logout, in document 003's order.
        reasons: the ten that are most common, and all others together.
        hours: by hour of the day, UTC, from 0 to 23.
        lengths: by how long the session was open.
    """

    from_time: int
    to_time: int
    total: int
    types: dict[str, int]
    reasons: dict[str, int]
    hours: dict[str, int]
    lengths: dict[str, int]

    @property
    def sections(self) -> dict[Phrase, dict[str, int]]:
        """Each of them with its title."""
        return {
            Phrase("by type"): self.types,
            Phrase("by reason"): self.reasons,
            Phrase("by hour of the day (UTC)"): self.hours,
            Phrase("by length of the session"): self.lengths,
        }


async def report(tx: Tx, *, from_time: int, to_time: int) -> AuditReport:
    """Count the closings of a time.

    Args:
        from_time: milliseconds, included.
        to_time: milliseconds, excluded.
    """
    rows = await audit.closings_by(tx, from_time=from_time, to_time=to_time)
    types, reasons, hours, lengths = (Counter[str]() for _ in range(4))
    for row in rows:
        _count(row, types, reasons, hours, lengths)
    common = dict(sorted(reasons.items(), key=lambda one: (-one[1], one[0]))[:_REASONS])
    rest = reasons.total() - sum(common.values())
    return AuditReport(
        from_time,
        to_time,
        types.total(),
        {name: types[name] for name in TYPES},
        common | ({OTHERS: rest} if rest else {}),
        {f"{hour:02}": hours[f"{hour:02}"] for hour in range(24)},
        {name: lengths[name] for name in LENGTHS},
    )


def _count(row: ClosingsRow, *counters: Counter[str]) -> None:
    names: Sequence[str] = (
        row["logout_type"] or "",
        row["reason"] or "",
        f"{int(row['hour']):02}",
        LENGTHS[int(row["length"])],
    )
    for counter, name in zip(counters, names, strict=True):
        counter[name] += row["count"]
